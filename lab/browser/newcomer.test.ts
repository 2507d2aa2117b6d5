import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { launchChromium, type Browser } from '@mentor-sessions/lab/chromium';
import { externalEnvironment } from '@mentor-sessions/lab/external-environment';
import { openRows, type Rows } from '@mentor-sessions/lab/rows';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { repository } from '@mentor-sessions/local-stack/launch';
import { freePorts } from '@mentor-sessions/local-stack/ports';

const folder = mkdtempSync(join(tmpdir(), 'mentor-sessions-newcomer-'));
let start: ChildProcess;
let said = '';
let sessions: Rows;
let browser: Browser;

beforeAll(async () => {
  const [bookingsPort, sessionsPort] = (await freePorts(2)).map(String);
  const ports = { BOOKINGS_PORT: bookingsPort, SESSIONS_PORT: sessionsPort, LOCAL_STACK_FOLDER: folder };
  const env = { ...externalEnvironment(testBacking()), ...ports };
  start = spawn('npm', ['start'], { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [start.stdout, start.stderr]) stream?.on('data', (text: Buffer) => (said += text.toString()));
  const isUp = () => said.includes('Up until Ctrl-C');
  await eventually(isUp, { within: 90_000, describe: 'npm start is up' }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${said}`);
  });
  sessions = openRows(readStack().sessions.adminDatabaseUrl);
  browser = await launchChromium();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await sessions?.close();
  start.kill('SIGINT');
  if (start.exitCode === null) await new Promise((resolve) => start.once('close', resolve));
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const readStack = () => JSON.parse(readFileSync(join(folder, 'stack.json'), 'utf8'));

/** Has a mentor accept a booking that the sessions database refuses. Returns the booking's id. */
const bookingInTrouble = async (): Promise<string> => {
  const [, mentor = ''] = /MENTOR='(Bearer \S+)'/.exec(said) ?? [];
  const [, mentee = ''] = /MENTEE='(Bearer \S+)'/.exec(said) ?? [];
  const { url } = readStack().bookings;
  const body = JSON.stringify({
    listingId: '01980000-0000-7000-8000-0000000000cc',
    mentorProfileId: '01980000-0000-7000-8000-0000000000aa',
    start: new Date(Date.now() + 5 * 86_400_000).toISOString(),
    end: new Date(Date.now() + 5 * 86_400_000 + 3_600_000).toISOString(),
  });
  const headers = { authorization: mentee, 'content-type': 'application/json' };
  const requested = await fetch(`${url}/bookings`, { method: 'POST', headers, body });
  const { id } = (await requested.json()) as { id: string };
  await sessions.query(`alter table accepted_bookings add constraint broken check (booking_id <> '${id}') not valid`);
  const accepted = await fetch(`${url}/bookings/${id}/accept`, { method: 'PATCH', headers: { authorization: mentor } });
  expect(accepted.status).toBe(200);
  return id;
};

test('an operator signs in by the printed link, finds a dead letter, reads why, sees its booking and replays it', async () => {
  const booking = await bookingInTrouble();
  const [, link = ''] = /console +(http\S+)/.exec(said) ?? [];
  const page = await browser.newPage();
  await page.goto(link);
  expect(page.url()).not.toContain('token');

  await page.getByRole('link', { name: 'sessions: 1 dead letter, handler-failed' }).click({ timeout: 30_000 });
  await page.getByRole('link', { name: 'Show sessions handler-failed' }).click();
  await page.getByRole('table', { name: 'Dead letters of the group' }).getByRole('link').click();
  await page.getByText('violates check constraint "broken"').first().waitFor();

  const letter = page.url();
  await page.getByRole('link', { name: booking }).click();
  const timeline = page.getByRole('table', { name: 'What happened' });
  await timeline.getByText('draft → accepted').waitFor();
  await timeline.getByText('handler-failed in sessions.booking-accepted').waitFor();

  await sessions.query('alter table accepted_bookings drop constraint broken');
  await page.goto(letter);
  await page.getByRole('button', { name: 'Replay sessions handler-failed' }).click();
  await page.getByLabel('Why?').fill('the constraint is gone');
  await page.keyboard.press('Enter');
  await page.getByText('Replay of 1 dead letter: 1 replayed.').waitFor();
  await page.getByText(/^replayed: by Olga Operator .*the constraint is gone$/).waitFor();
  const created = await sessions.query('select status from sessions where booking_id = $1', [booking]);
  expect(created).toEqual([{ status: 'scheduled' }]);
}, 90_000);
