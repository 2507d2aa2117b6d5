import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sessionEventsQueue } from '@mentor-sessions/contracts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { connect as connectBroker } from 'amqplib';
import { Registry } from 'prom-client';
import { acceptedBooking, mentee, mentor } from '../../lab/e2e/bookings.ts';
import { createWorld, type World } from '../../lab/e2e/world.ts';
import { readConfig } from '../src/config.ts';
import { connect, type Connections } from '../src/connections.ts';
import { createSessionWatch, type SessionWatch } from '../src/session-watch.ts';
import { json, opsEnvironment, opsWith, type Ops } from './ops.ts';

let world: World;
let ops: Ops;
let api: ReturnType<World['client']>;
let sessionsApi: ReturnType<World['client']>;
let connections: Connections;
let watch: SessionWatch;
const registry = new Registry();
const log = createLogger({ service: 'ops', role: 'test', level: 'silent' });
const because = ['--because', 'the queue was purged'];
const atOnce = ['--older-than', '1'];

beforeAll(async () => {
  world = await createWorld();
  const [bookings, sessions] = await world.startReady('bookings', 'sessions');
  [api, sessionsApi] = [world.client(bookings!), world.client(sessions!)];
  ops = opsWith(opsEnvironment(world.stack));
  connections = connect(readConfig(opsEnvironment(world.stack)), log);
  watch = createSessionWatch({ databases: connections.databases, registry, log, limitSeconds: 1, everyMs: 200 });
  await watch.start();
}, 90_000);
afterAll(async () => {
  await watch.stop();
  await connections.close();
  await world.close();
}, 60_000);

const knownStatus = async (id: string) =>
  (await api('GET', `/bookings/${id}`, { as: mentee })).body.sessionStatus as string | null;
const overdue = async () => (await watch.latest()).overdue;

beforeEach(() => eventually(async () => (await overdue()) === 0, { within: 20_000, describe: 'nothing differs' }));

/** Publishes events during `work` and purges them from the queue before bookings receives them. */
const losing = async (work: () => Promise<void>, count: number): Promise<void> => {
  await ops('workers', 'pause', 'consumer', '--service', 'bookings', ...because);
  const connection = await connectBroker(world.stack.amqpUrl);
  const channel = await connection.createChannel();
  await work();
  let purged = 0;
  const isGone = async () => (purged += (await channel.purgeQueue(sessionEventsQueue.name)).messageCount) >= count;
  await eventually(isGone, { within: 20_000, describe: 'the events are purged' });
  await connection.close();
  await ops('workers', 'resume', 'consumer', '--service', 'bookings', ...because);
};

const scheduled = async () => {
  const { id, sessionId } = await acceptedBooking(api);
  await eventually(async () => (await knownStatus(id)) === 'scheduled', { within: 20_000, describe: 'scheduled' });
  return { id, sessionId };
};
const start = async (id: string): Promise<void> =>
  void (await sessionsApi('PATCH', `/sessions/${id}/start`, { as: mentee }));
const complete = async (id: string): Promise<void> =>
  void (await sessionsApi('PATCH', `/sessions/${id}/complete`, { as: mentor }));

test.each([
  ['started', 'in_progress', 1, start],
  ['started and completed', 'completed', 2, (id: string) => start(id).then(() => complete(id))],
] as const)(
  'a session whose %s events were lost is detected, shown and repaired',
  async (_, status, count, work) => {
    const { id, sessionId } = await scheduled();
    await losing(() => work(sessionId), count);
    await eventually(async () => (await overdue()) === 1, { within: 20_000, describe: 'detected' });
    const metrics = await registry.metrics();
    expect(metrics).toMatch(/^session_news_overdue 1$/m);
    expect(metrics).toMatch(/^session_news_overdue_oldest_age_seconds [1-9]/m);
    expect(await knownStatus(id)).toBe('scheduled');

    const shown = await ops('reconcile', ...atOnce);
    expect(shown.code).toBe(1);
    expect(json(shown)).toMatchObject({
      overdue: [],
      news: [{ sessionId, bookingId: id, status, knownStatus: 'scheduled', state: 'missing' }],
    });
    expect((await ops('reconcile', ...atOnce, '--text')).out).toContain('ops reconcile --emit');

    const repaired = await ops('reconcile', ...atOnce, '--emit', ...because);
    expect(json(repaired)).toMatchObject({ asked: 1, sent: 1 });
    expect(repaired.code).toBe(0);
    await eventually(async () => (await knownStatus(id)) === status, { within: 20_000, describe: 'received' });
    await eventually(async () => (await overdue()) === 0, { within: 20_000, describe: 'nothing is overdue' });
    expect(json(await ops('reconcile', ...atOnce)).news).toEqual([]);
  },
  90_000,
);

test('a lost event is corrected by a later one', async () => {
  const { id, sessionId } = await scheduled();
  await losing(() => start(sessionId), 1);
  await complete(sessionId);
  await eventually(async () => (await knownStatus(id)) === 'completed', { within: 20_000, describe: 'completed' });
  await eventually(async () => (await overdue()) === 0, { within: 20_000, describe: 'nothing is overdue' });
}, 60_000);

test('a restored sessions database is detected: bookings has a later state', async () => {
  const { id, sessionId } = await scheduled();
  await world.rows.bookings.query(
    `update booking_sessions set status = 'completed', sequence = 3 where booking_id = $1`,
    [id],
  );
  await eventually(async () => (await overdue()) === 1, { within: 20_000, describe: 'detected' });
  expect(json(await ops('reconcile', ...atOnce)).news).toMatchObject([
    { sessionId, state: 'ahead', knownStatus: 'completed' },
  ]);
  await start(sessionId);
  await complete(sessionId);
}, 60_000);

test('a session that is gone is shown, and is created again by its booking’s event', async () => {
  const { id, sessionId } = await scheduled();
  const { sessions } = world.rows;
  for (const sql of [
    'delete from sessions where id = $1',
    'delete from session_transitions where session_id = $1',
    'delete from inbox where message_id in (select message_id from accepted_bookings where session_id = $1)',
    'delete from accepted_bookings where session_id = $1',
  ])
    await sessions.query(sql, [sessionId]);
  const shown = async () => {
    const { news } = json(await ops('reconcile', ...atOnce));
    return news.length > 0 && news; // after a second
  };
  expect(await eventually(shown, { within: 20_000, describe: 'shown' })).toMatchObject([
    { sessionId, bookingId: id, state: 'gone', knownStatus: 'scheduled' },
  ]);
  expect(json(await ops('reconcile', ...atOnce, '--emit', ...because))).toMatchObject({ asked: 1, sent: 1 });
  const isBack = async () => (await sessions.query('select from sessions where id = $1', [sessionId])).length === 1;
  await eventually(isBack, { within: 20_000, describe: 'the session is back' });
  await eventually(async () => json(await ops('reconcile', ...atOnce)).news.length === 0, {
    within: 20_000,
    every: 500,
    describe: 'nothing differs',
  });
}, 60_000);

test('status has the result of the comparison, or why it failed', async () => {
  const away = new URL(world.stack.sessions.operatorDatabaseUrl);
  away.port = '1';
  expect(json(await ops('status')).news).toEqual({ overdue: 0, oldestAgeSeconds: 0 });
  const status = json(
    await opsWith({ ...opsEnvironment(world.stack), SESSIONS_OPERATOR_DATABASE_URL: away.href })('status'),
  );
  expect(status.problems).toContainEqual(
    expect.stringMatching(/^session comparison cannot be read: sessions: .*ECONNREFUSED/),
  );
}, 60_000);
