import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { query } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { freePorts } from '@mentor-sessions/local-stack/ports';
import { externalEnvironment } from '@mentor-sessions/lab/external-environment';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { outcomes, stories } from '../../scripts/seed/world.ts';

const repository = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'mentor-sessions-kept-'));
const [bookingsPort, sessionsPort] = await freePorts(2);
const env = {
  ...externalEnvironment(testBacking()),
  LOCAL_STACK: testBacking().kind === 'docker' ? 'docker' : 'native',
  LOCAL_STACK_FOLDER: folder,
  BOOKINGS_PORT: String(bookingsPort),
  SESSIONS_PORT: String(sessionsPort),
};
const main = ['scripts/start.ts', '--keep', '--seed'];
const run = promisify(execFile);

let first: string;
let second: ReturnType<typeof spawn>;
let output = '';
beforeAll(async () => {
  await chmod(folder, 0o755);
  ({ stdout: first } = await run(process.execPath, [...main, '--once'], { cwd: repository, env }));
  second = spawn(process.execPath, main, { cwd: repository, env, stdio: ['ignore', 'pipe', 'inherit'] });
  second.stdout?.on('data', (text: Buffer) => (output += text.toString()));
  await eventually(() => output.includes('Up until Ctrl-C'), { within: 120_000, describe: 'the second start is up' });
}, 300_000);
afterAll(async () => {
  const ended = new Promise((resolve) => second.once('close', resolve));
  second.kill('SIGINT');
  await ended;
  await rm(folder, { recursive: true });
}, 60_000);

const bookings = (text: string) => {
  const stack = JSON.parse(readFileSync(join(folder, 'stack.json'), 'utf8'));
  return query(stack.bookings.adminDatabaseUrl, text);
};

test('a second start with --keep has the booking of the first, and walks another one', async () => {
  const walked = [first, output].map((text) => /booking ([0-9a-f-]{36})/.exec(text)?.[1]);
  const rows = await bookings(`select b.id, s.status from bookings b join booking_sessions s on s.booking_id = b.id
    where metadata->>'source' = 'npm start' order by b.created_at`);
  expect(rows).toEqual(walked.map((id) => ({ id, status: 'completed' })));
});

test('a second --seed adds nothing to the bookings and sessions in every state', async () => {
  const counted = `select coalesce(s.status, b.status) as outcome, count(*)::integer as count
    from bookings b left join booking_sessions s on s.booking_id = b.id where metadata->>'source' = 'seed' group by 1`;
  const wanted = outcomes.map((outcome) => ({
    outcome,
    count: stories.filter((story) => story.outcome === outcome).length,
  }));
  const found = async () =>
    (await bookings(counted)).toSorted((a, b) => String(a['outcome']).localeCompare(String(b['outcome'])));
  await eventually(async () => (await found()).length === outcomes.length, { describe: 'bookings has heard of all' });
  expect(await found()).toEqual(wanted.toSorted((a, b) => a.outcome.localeCompare(b.outcome)));
  for (const { count } of wanted) expect(count).toBeGreaterThan(0);
  expect(output).toContain('it was there already');
});

test('a second start with --keep is refused with one sentence', async () => {
  const ended = run(process.execPath, ['scripts/start.ts', '--keep', '--once'], {
    cwd: repository,
    env: { ...env, BOOKINGS_PORT: '', SESSIONS_PORT: '' },
  });
  await expect(ended).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^The data in .* is in use by/) });
});
