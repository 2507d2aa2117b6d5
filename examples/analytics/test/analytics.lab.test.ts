import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { launch, repository, type Launched } from '@mentor-sessions/local-stack/launch';
import { pythonWithPika } from '@mentor-sessions/lab/python';
import { openSessionWire, untilConsumed, type SessionWire } from '@mentor-sessions/lab/session-wire';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { completedSession } from '../../../libs/messaging/test/completed-session.ts';

const queue = 'analytics.session-completed';
const run = promisify(execFile);
const mentors = Array.from({ length: 10 }, () => randomUUID());
let python: string;
let folder: string;
let vhost: Vhost;
let wire: SessionWire;
let subscriber: Launched;

const start = async (): Promise<void> => {
  const env = {
    AMQP_URL: vhost.urls['analytics'] ?? '',
    SCHEMA: `${repository}libs/contracts/schemas/session.completed.v1.json`,
    DATABASE: join(folder, 'analytics.sqlite'),
  };
  subscriber = await launch({ file: python, args: [`${repository}examples/analytics/main.py`], env });
};
const figures = async (): Promise<{ sessions: number; seconds: number; messages: number }> => {
  const query =
    'select (select sum(sessions) from mentoring), (select sum(seconds) from mentoring), (select count(*) from inbox)';
  const program = `import json, sqlite3; print(json.dumps(sqlite3.connect("file:${join(folder, 'analytics.sqlite')}?mode=ro", uri=True).execute("${query}").fetchone()))`;
  const [sessions, seconds, messages] = JSON.parse((await run(python, ['-c', program])).stdout);
  return { sessions: sessions ?? 0, seconds: seconds ?? 0, messages };
};

beforeAll(async () => {
  python = await pythonWithPika();
  folder = await mkdtemp(join(tmpdir(), 'mentor-sessions-analytics-'));
  vhost = await createVhost(testBacking().broker, { subscribers: ['analytics'] });
  wire = await openSessionWire(vhost.amqpUrl);
  await start();
  await untilConsumed(vhost.amqpUrl, queue).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${subscriber.log()}`);
  });
}, 300_000);
afterAll(async () => {
  await subscriber.end('SIGTERM', 10_000);
  await wire.close();
  await vhost.close();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

test('1,000 session.completed count once each, with copies, kills and a message that cannot be read', async () => {
  const events = Array.from({ length: 1_000 }, (_, index) =>
    completedSession({ mentorProfileId: mentors[index % 10] ?? '' }),
  );
  await wire.publish([completedSession({ completedAt: 'yesterday' })]);
  for (let from = 0; from < 1_000; from += 250) {
    await wire.publish(events.slice(from, from + 250), 2);
    await eventually(async () => (await figures()).messages > from, { within: 30_000, describe: 'it counts' });
    subscriber.signal(from === 500 ? 'SIGTERM' : 'SIGKILL');
    await subscriber.exited;
    await start();
  }
  await eventually(async () => (await figures()).messages >= 1_000, { within: 60_000, describe: 'all are counted' });
  await wire.publish(events);
  await eventually(async () => (await wire.waiting(queue)) === 0, { within: 60_000, describe: 'the queue is empty' });
  subscriber.signal('SIGTERM');
  expect(await subscriber.exited).toBe(0);
  expect(await figures()).toEqual({ sessions: 1_000, seconds: 3_600_000, messages: 1_000 });
  expect(await wire.waiting(`${queue}.dead`)).toBe(1); // the one that cannot be read, and none for a restart
}, 180_000);
