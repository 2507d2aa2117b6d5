import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  createDatabase,
  databaseName,
  dropDatabases,
  type ServiceDatabase,
} from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { launch, repository, type Launched } from '@mentor-sessions/local-stack/launch';
import { openSessionWire, untilConsumed, type SessionWire } from '@mentor-sessions/lab/session-wire';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createVhost, type Vhost } from '@mentor-sessions/local-stack/vhosts';
import { completedSession } from '../../../libs/messaging/test/completed-session.ts';

const queue = 'example-reviews.session-completed';
let vhost: Vhost;
let database: ServiceDatabase;
let wire: SessionWire;
let owner: pg.Client;
const running: Launched[] = [];

const run = (main: string, env: Record<string, string> = {}): Promise<Launched> =>
  launch({
    args: [`${repository}examples/review-eligibility/src/${main}`],
    env: { AMQP_URL: vhost.urls['example-reviews'] ?? '', DATABASE_URL: database.databaseUrl, ...env },
  });
const start = async (): Promise<Launched> => {
  const child = await run('main.ts');
  running.push(child);
  return child;
};
const unlocked = async (): Promise<Record<string, string>[]> =>
  (await owner.query('select session_id, mentee_user_id, mentor_profile_id from unlocked_reviews order by 1')).rows;
const consumers = (count: number) =>
  eventually(async () => (await wire.consumers(queue)) === count, {
    within: 20_000,
    describe: `${count} are registered`,
  });

beforeAll(async () => {
  const { broker, postgres } = testBacking();
  vhost = await createVhost(broker, { subscribers: ['example-reviews'] });
  database = await createDatabase(postgres.adminUrl, 'reviews');
  owner = new pg.Client({ connectionString: database.adminDatabaseUrl });
  await owner.connect();
  const migration = await run('migrate.ts', { ADMIN_DATABASE_URL: database.adminDatabaseUrl });
  expect([await migration.exited, migration.log()]).toEqual([0, '']);
  wire = await openSessionWire(vhost.amqpUrl);
  await start();
  await untilConsumed(vhost.amqpUrl, queue);
}, 60_000);
afterAll(async () => {
  for (const child of running) await child.end('SIGTERM', 10_000);
  await wire.close();
  await owner.end();
  await vhost.close();
  await dropDatabases(testBacking().postgres.adminUrl, [databaseName(database.databaseUrl)]);
}, 30_000);

test('each completed session unlocks one review for its mentee, with copies and with subscribers that die', async () => {
  await start();
  await consumers(2);
  const events = Array.from({ length: 300 }, () => completedSession());
  for (const part of [events.slice(0, 100), events.slice(100, 200), events.slice(200)]) {
    const publishing = wire.publish(part, 3);
    running.shift()?.signal('SIGKILL');
    await start();
    await publishing;
  }
  const expected = events
    .map(({ data }) => ({
      session_id: data.sessionId,
      mentee_user_id: data.menteeUserId,
      mentor_profile_id: data.mentorProfileId,
    }))
    .toSorted((a, b) => (a.session_id < b.session_id ? -1 : 1));
  await eventually(async () => (await unlocked()).length >= 300, { within: 30_000, describe: 'all are unlocked' });
  await eventually(async () => (await wire.waiting(queue)) === 0);
  expect(await unlocked()).toEqual(expected);
  expect((await owner.query('select reason from dead_letters')).rows).toEqual([]);
}, 90_000);

test('another message for the same session unlocks nothing more, and one that cannot be read is kept', async () => {
  const [first, bad] = [completedSession(), completedSession({ menteeUserId: 'nobody' })];
  const before = (await unlocked()).length;
  await wire.publish([first, { ...first, id: randomUUID() }, bad]);
  const keptIds = async () => (await owner.query('select message_id, reason from dead_letters')).rows;
  await eventually(async () => (await keptIds()).length === 1);
  expect(await keptIds()).toEqual([{ message_id: bad.id, reason: 'schema-violation' }]);
  await eventually(async () => (await unlocked()).length > before);
  expect(await unlocked()).toHaveLength(before + 1);
});

test('SIGTERM ends it with exit code 0', async () => {
  await consumers(running.length); // the last one has started
  const [last] = running.splice(-1);
  last?.signal('SIGTERM');
  expect(await last?.exited).toBe(0);
});
