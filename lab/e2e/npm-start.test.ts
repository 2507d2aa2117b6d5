import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { externalEnvironment } from '@mentor-sessions/lab/external-environment';
import { freePorts } from '@mentor-sessions/local-stack/ports';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { settingsOf } from '../../scripts/start/settings.ts';

const repository = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'mentor-sessions-e2e-'));
const [bookingsPort, sessionsPort] = await freePorts(2);
/** Every setting of the roles, as in .env.example. */
const settings = { bookings: settingsOf('bookings'), sessions: settingsOf('sessions') };
const env = {
  ...externalEnvironment(testBacking()),
  ...Object.fromEntries([...settings.bookings, ...settings.sessions]),
  LOCAL_STACK_FOLDER: folder,
  BOOKINGS_PORT: String(bookingsPort),
  SESSIONS_PORT: String(sessionsPort),
};

type Running = { readonly child: ChildProcess; readonly output: () => string; readonly exited: Promise<number | null> };
const npm = (...args: string[]): Running => {
  const child = spawn('npm', args, { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  return { child, output: () => output, exited: new Promise((resolve) => child.once('close', resolve)) };
};

const roles = { bookings: ['api', 'relay', 'consumer'], sessions: ['api', 'relay', 'consumer'] } as const;
const adminUrls = (service: { adminUrls: Record<string, string> }): string[] => Object.values(service.adminUrls);
const readStack = () => JSON.parse(readFileSync(join(folder, 'stack.json'), 'utf8'));

/** The lines of the walk, in order. */
const walked = [
  'the mentee requests a booking: 201',
  'the mentor accepts it: 200',
  'the broker confirms: message',
  'has created the session: 200, scheduled',
  'delivered again and ignored',
  'the mentee starts the session: 200, in_progress',
  'the mentee must not complete it: 403',
  'the mentor completes it: 200, completed',
  'has received session.completed',
  'it has unlocked one review, for the mentee: mentee',
  'the booking shows the outcome: sessionStatus completed',
];
const expectWalk = (output: string): void => {
  const found = walked.map((sentence) => output.indexOf(sentence));
  expect({ output, found }).toEqual({ output, found: [...found].sort((a, b) => a - b) });
  expect({ output, missing: walked.filter((_, index) => found[index] === -1) }).toEqual({ output, missing: [] });
};

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('npm start -- --once ends with exit 0 after a complete walk and leaves no stack behind', async () => {
  const start = npm('start', '--', '--once');
  const code = await start.exited;
  expectWalk(start.output());
  expect(code).toBe(0);
  expect(existsSync(join(folder, 'stack.json'))).toBe(false);
}, 120_000);

describe('npm start', () => {
  let start: Running;
  beforeAll(async () => {
    start = npm('start');
    await eventually(() => start.output().includes('Up until Ctrl-C'), {
      within: 90_000,
      describe: 'npm start is up',
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${start.output()}`);
    });
  }, 120_000);
  afterAll(async () => {
    start.child.kill('SIGINT');
    await start.exited;
  }, 30_000);

  test('walks one booking first', () => expectWalk(start.output()));

  test('writes to stack.json where everything is', () => {
    const perRole = (names: readonly string[], what: unknown) => Object.fromEntries(names.map((name) => [name, what]));
    const service = (name: keyof typeof roles, port: number | undefined) => ({
      url: `http://127.0.0.1:${port}`,
      adminUrls: perRole(roles[name], expect.stringMatching(/^http:/)),
      databaseUrl: expect.stringContaining(`//${name}_app:`),
      adminDatabaseUrl: expect.stringContaining(`//${name}_owner:`),
      operatorDatabaseUrl: expect.stringContaining(`//${name}_operator:`),
      reportsDatabaseUrl: expect.stringContaining('//reports:'),
      retentionDatabaseUrl: expect.stringContaining(`//${name}_retention:`),
      amqpUrl: expect.stringContaining(`//${name}:`),
      pids: perRole(roles[name], expect.any(Number)),
    });
    expect(readStack()).toEqual({
      bookings: service('bookings', bookingsPort),
      sessions: service('sessions', sessionsPort),
      amqpUrl: expect.stringMatching(/^amqp:/),
      operatorAmqpUrl: expect.stringMatching(/^amqp:/),
      operatorManagementUrl: expect.stringMatching(/^http:/),
      auth: { issuer: expect.any(String), audience: expect.any(String) },
    });
  });

  test('the walk leaves no queue behind', async () => {
    const { operatorManagementUrl, operatorAmqpUrl } = readStack();
    const { username, password, origin } = new URL(operatorManagementUrl);
    const queues = async (): Promise<string[]> => {
      const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
      const answer = await fetch(`${origin}/api/queues${new URL(operatorAmqpUrl).pathname}`, { headers });
      return ((await answer.json()) as { name: string }[]).map(({ name }) => name);
    };
    const ours = /^(bookings|sessions|example-reviews|reviews)\./;
    expect(await queues()).toContain('sessions.booking-accepted');
    await eventually(async () => (await queues()).every((name) => ours.test(name)), { describe: 'no other queue' });
  });

  test('npm run walk takes more bookings to a state', async () => {
    const run = (...args: string[]) =>
      spawnSync('npm', ['run', '-s', 'walk', '--', ...args], { cwd: repository, env, encoding: 'utf8' });
    const { stdout, stderr, status } = run('2', '--until', 'completed');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^(completed {2}booking [0-9a-f-]{36} {2}session [0-9a-f-]{36}\n){2}$/);
    for (const state of ['draft', 'declined', 'cancelled'])
      expect(run('--until', state).stdout).toMatch(new RegExp(`^${state}  booking [0-9a-f-]{36}\n$`));
    for (const state of ['accepted', 'scheduled', 'in_progress'])
      expect(run('--until', state).stdout).toMatch(new RegExp(`^${state}  booking \\S+  session \\S+\n$`));
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^npm run walk -- \[N\]/) });
    for (const wrong of [['0'], ['1', '2'], ['--until', 'late'], ['--nonsense']])
      expect(run(...wrong)).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^.+; --help shows what there is\n$/),
      });
  }, 60_000);

  test('every role is ready and shows its metrics', async () => {
    const { bookings, sessions } = readStack();
    for (const url of [...adminUrls(bookings), ...adminUrls(sessions)]) {
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      expect(await (await fetch(`${url}/metrics`)).text()).toContain('process_cpu_seconds_total');
    }
  });

  test.each(Object.entries(roles))('passes every setting on to each role of %s', (service, names) => {
    for (const role of names) {
      const environment = readFileSync(`/proc/${readStack()[service].pids[role]}/environ`, 'utf8').split('\0');
      const wanted = [...settings[service as keyof typeof roles]].map(([name, value]) => `${name}=${value}`);
      expect(wanted.filter((setting) => !environment.includes(setting))).toEqual([]);
    }
  });

  test('serves a page of an origin in CORS_ORIGINS', async () => {
    const origin = settings.bookings.get('CORS_ORIGINS') ?? '';
    for (const service of ['bookings', 'sessions']) {
      const headers = { origin, 'access-control-request-method': 'GET' };
      const answer = await fetch(`${readStack()[service].url}/${service}`, { method: 'OPTIONS', headers });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    }
  });

  test('prints a link that signs an operator in to the console', async () => {
    const [, url = '', token = ''] = /console +(http:\S+\/)#token=(\S+)/.exec(start.output()) ?? [];
    expect(await (await fetch(url)).text()).toContain('<title>mentor-sessions console</title>');
    const path = `${url}api/stories/01980000-0000-7000-8000-000000000001`;
    expect((await fetch(path, { headers: { authorization: `Bearer ${token}` } })).status).toBe(404);
    expect((await fetch(path)).status).toBe(401);
  });

  test('npm run -s token prints a token that this stack takes, and nothing else', async () => {
    const user = '01980000-0000-7000-8000-000000000001';
    const args = ['run', '-s', 'token', '--', '--user', user, '--roles', 'mentor,mentee', '--expires-in', '5m'];
    const { stdout } = spawnSync('npm', args, { cwd: repository, env, encoding: 'utf8' });
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    const answer = await fetch(`${readStack().sessions.url}/sessions`, { headers });
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 200,
      body: { items: [], nextCursor: null },
    });
  });

  test.each(Object.entries(roles).flatMap(([service, names]) => names.map((role) => [service, role])))(
    'starts %s %s again when it dies, and writes the new pid',
    async (service = '', role = '') => {
      const before = readStack()[service].pids[role];
      process.kill(before, 'SIGKILL');
      await eventually(() => readStack()[service].pids[role] !== before, { describe: 'a new pid' });
      const { adminUrls } = readStack()[service];
      await eventually(async () => (await fetch(`${adminUrls[role]}/readyz`)).status === 200, { describe: 'ready' });
    },
  );

  test('Ctrl-C lets the roles drain, removes stack.json and ends with exit 0', async () => {
    const { pids } = readStack().sessions;
    start.child.kill('SIGINT');
    await expect(start.exited).resolves.toBe(0);
    expect(existsSync(join(folder, 'stack.json'))).toBe(false);
    for (const pid of Object.values(pids)) expect(() => process.kill(pid as number, 0)).toThrow('ESRCH');
    expect(start.output()).not.toContain('failed to stop');
  }, 30_000);
});

test('a given port that is taken is an error', async () => {
  const taken = new URL(testBacking().postgres.adminUrl).port;
  const start = spawnSync('npm', ['start', '--', '--once'], {
    cwd: repository,
    env: { ...env, BOOKINGS_PORT: taken },
    encoding: 'utf8',
  });
  expect(start.stderr).toContain(`BOOKINGS_PORT: port ${taken} is taken`);
  expect(start.status).toBe(1);
});
