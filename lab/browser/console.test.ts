import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { launchChromium, type Browser, type Page } from '@mentor-sessions/lab/chromium';
import type { ConsoleProcess } from '@mentor-sessions/local-stack/system';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { people } from '@mentor-sessions/lab/people';
import { acceptedBooking, mentor } from '../e2e/bookings.ts';
import { openWire } from '../e2e/wire.ts';
import { createWorld, type World } from '../e2e/world.ts';

let world: World;
let page: Page;
let browser: Browser;
let running: ConsoleProcess;
let api: ReturnType<World['client']>;
let sessionsApi: ReturnType<World['client']>;
/** Errors of the page, and its requests to other hosts. */
const complaints: string[] = [];

const open = async (token?: string, viewport = { width: 1_280, height: 900 }): Promise<Page> => {
  const opened = await browser.newPage({ viewport });
  opened.on('console', (said) => said.type() === 'error' && complaints.push(said.text()));
  opened.on('pageerror', (error) => complaints.push(String(error)));
  opened.on('request', (request) => {
    if (!request.url().startsWith(running.url) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await opened.goto(running.url + (token ? `#token=${token}` : ''));
  return opened;
};

beforeAll(async () => {
  world = await createWorld();
  const [bookings, sessions] = await world.startReady('bookings', 'sessions');
  [api, sessionsApi] = [world.client(bookings!), world.client(sessions!)];
  running = await world.startConsole();
  browser = await launchChromium();
  page = await open(await world.stack.token(people['an operator']));
}, 120_000);
afterAll(async () => {
  await browser.close();
  await world.close();
}, 60_000);

/** The database refuses this one alone: one that refused all would be at fault itself, and messages would wait. */
const refusedBooking = async () => {
  const listingId = randomUUID();
  const refuse = `alter table accepted_bookings add constraint broken check (listing_id <> '${listingId}') not valid`;
  await world.rows.sessions.query(refuse);
  return acceptedBooking(api, { listingId });
};

const groups = () => page.getByRole('table', { name: 'Groups of dead letters' }).locator('tbody tr');
const count = (stage: string) => page.locator(`[data-stage="${stage}"] .count`).innerText();
const sessionIsThere = (id: string) => async () =>
  (await sessionsApi('GET', `/sessions/${id}`, { as: mentor })).status === 200;

test('the strip shows each stage from the acceptance to the last event of the session', async () => {
  await page.getByText('live', { exact: true }).waitFor();
  const { sessionId } = await acceptedBooking(api);
  await eventually(sessionIsThere(sessionId));
  await page.locator('[data-stage]').nth(7).waitFor();
  expect(await page.locator('.strip .name').allInnerTexts()).toEqual([
    'accepted, session not known yet',
    'bookings outbox',
    'sessions.booking-accepted',
    'sessions scheduled',
    'sessions in progress',
    'sessions completed',
    'sessions outbox',
    'bookings.session-events',
  ]);
  await eventually(async () => (await count('scheduled')) === '1', { within: 20_000, describe: 'it is counted' });
}, 40_000);

test('a dead letter appears, is replayed after the cause is fixed, and the flow continues', async () => {
  const { id, sessionId } = await refusedBooking();
  await groups().filter({ hasText: 'handler-failed' }).waitFor({ timeout: 30_000 });
  expect(await groups().locator('td.number').innerText()).toBe('1');
  await groups().getByRole('button', { name: 'Show' }).click();
  await page.getByRole('button', { name: 'Body' }).click();
  await page.locator('pre').filter({ hasText: id }).first().waitFor();

  await world.rows.sessions.query('alter table accepted_bookings drop constraint broken');
  await groups().getByRole('button', { name: 'Replay' }).click();
  await page.getByRole('heading', { name: 'Replay 1 dead letter?' }).waitFor();
  await page.getByLabel('Why?').fill('the constraint is gone');
  await page.keyboard.press('Enter');
  await page.getByText('Replay: 1 dead letter.').waitFor();
  await eventually(sessionIsThere(sessionId), { within: 20_000, describe: 'the session of the replayed message' });
  await page.getByText('None: every message was handled.').waitFor();

  const next = await acceptedBooking(api);
  await eventually(sessionIsThere(next.sessionId), { describe: 'the flow goes on' });

  await page.getByLabel('Booking or session').fill(id);
  await page.keyboard.press('Enter');
  const steps = page.getByRole('table', { name: 'What happened' });
  await steps.waitFor();
  const shown = await steps.innerText();
  for (const step of ['draft → accepted', 'event published', 'dead letter', 'replayed', 'scheduled'])
    expect(shown).toContain(step);
}, 90_000);

test('text from a sender is escaped, and reverses no line', async () => {
  const wire = await openWire(world.stack.amqpUrl);
  await wire.publish(Buffer.from('{'), { messageId: 'a\u202eb\u200b', type: '\u001b[2J<b>\u2066' });
  await wire.close();
  await groups().filter({ hasText: 'malformed' }).waitFor({ timeout: 30_000 });
  await groups().getByRole('button', { name: 'Show' }).click();
  await page.getByText('a\\u{202e}b\\u{200b}', { exact: true }).waitFor();
  await page.getByText('\\u{1b}[2J<b>\\u{2066}', { exact: true }).waitFor();
  await groups().getByRole('button', { name: 'Discard' }).click();
  await page.getByLabel('Why?').fill('it was a test');
  await page.keyboard.press('Enter');
  await page.getByText('None: every message was handled.').waitFor();
}, 60_000);

test('discarding asks for confirmation, and the row stays', async () => {
  await refusedBooking();
  await groups().filter({ hasText: 'handler-failed' }).waitFor({ timeout: 30_000 });
  await groups().getByRole('button', { name: 'Discard' }).click();
  await page.keyboard.press('Escape');
  expect(await groups().count()).toBe(1);
  await groups().getByRole('button', { name: 'Discard' }).click();
  await page.getByLabel('Why?').fill('it was a test');
  await page.getByRole('button', { name: 'Discard 1', exact: true }).click();
  await page.getByText('None: every message was handled.').waitFor();
  await world.rows.sessions.query('alter table accepted_bookings drop constraint broken');
  const kept = await world.rows.sessions.query(
    "select resolution, resolution_note from dead_letters where resolution = 'discarded' and reason = 'handler-failed'",
  );
  expect(kept).toEqual([{ resolution: 'discarded', resolution_note: 'it was a test' }]);
}, 60_000);

test('a worker is paused and resumed', async () => {
  const worker = page.getByRole('table', { name: 'Workers' }).locator('tbody tr').filter({ hasText: 'sessions' });
  for (const [verb, next] of [
    ['Pause', 'Resume'],
    ['Resume', 'Pause'],
  ] as const) {
    await worker.getByRole('button', { name: verb }).click();
    await page.getByLabel('Why?').fill('to see it');
    await page.keyboard.press('Enter');
    await worker.getByRole('button', { name: next }).waitFor();
  }
}, 40_000);

test('a mentor’s token is refused, and so are requests without one', async () => {
  const mentors = await open(await world.stack.token(mentor));
  await mentors.getByText('The console is for operators').waitFor();
  const paths = [
    'events',
    `dead-letters?service=sessions&queue=a&reason=b&fingerprint=${'0'.repeat(32)}`,
    `stories/${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`,
  ];
  for (const path of paths) {
    expect((await fetch(`${running.url}api/${path}`)).status).toBe(401);
    const headers = { authorization: `Bearer ${await world.stack.token(mentor)}` };
    expect((await fetch(`${running.url}api/${path}`, { headers })).status).toBe(403);
  }
  expect(complaints.splice(0)).toEqual([expect.stringContaining('403')]);
  await mentors.close();
}, 30_000);

test('it fits a phone, has no console errors, and connects to no other host', async () => {
  const narrow = await open(await world.stack.token(people['an operator']), { width: 390, height: 844 });
  await narrow.locator('[data-stage]').nth(7).waitFor();
  expect(await narrow.evaluate('document.documentElement.scrollWidth')).toBe(390);
  await narrow.close();
  expect(complaints).toEqual([]);
}, 30_000);
