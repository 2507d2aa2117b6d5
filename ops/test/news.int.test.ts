import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sessionEventsQueue } from '@mentor-sessions/contracts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { connect as connectBroker } from 'amqplib';
import { Registry } from 'prom-client';
import { acceptBooking, acceptedBooking, mentee, mentor } from '../../lab/e2e/bookings.ts';
import { createWorld, type World } from '../../lab/e2e/world.ts';
import { readConfig } from '../src/config.ts';
import { connect, type Connections } from '../src/connections.ts';
import { compareSessions } from '../src/session-comparison.ts';
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

test.each([
  ['of today', 'now()'],
  ['that was created long before the restored time', "now() - interval '8 days'"],
])(
  'a restored sessions database is detected: bookings has a later state of a session %s',
  async (_, at) => {
    const { id, sessionId } = await scheduled();
    await world.rows.sessions.query(`update session_transitions set at = ${at} where session_id = $1`, [sessionId]);
    await world.rows.bookings.query(
      `update booking_sessions set status = 'completed', sequence = 3, at = clock_timestamp() where booking_id = $1`,
      [id],
    );
    const shown = async () => {
      const { news } = json(await ops('reconcile', ...atOnce));
      return news.length > 0 && news; // after a second
    };
    expect(await eventually(shown, { within: 20_000, describe: 'shown' })).toMatchObject([
      { sessionId, state: 'ahead', status: 'scheduled', knownStatus: 'completed' },
    ]);
    await start(sessionId);
    await complete(sessionId);
  },
  60_000,
);

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

test('a session that moves on while the databases are compared does not differ', async () => {
  const { sessionId } = await scheduled();
  const { bookings, sessions } = connections.databases;
  let moved = false;
  const moving: typeof bookings = {
    query: async (...args: Parameters<typeof bookings.query>) => {
      if (!moved) {
        moved = true;
        await start(sessionId);
        const isKnown = `select from booking_sessions where session_id = $1 and status = 'in_progress'`;
        const arrives = async () => (await world.rows.bookings.query(isKnown, [sessionId])).length === 1;
        await eventually(arrives, { within: 20_000, describe: 'bookings has received the move' });
      }
      return bookings.query(...args);
    },
  };
  const { now } = (await world.rows.sessions.query<{ now: Date }>('select clock_timestamp() as now'))[0]!;
  const period = { from: new Date(now.getTime() - 60_000), to: now };
  const found = [];
  for await (const page of compareSessions({ bookings: moving, sessions }, period)) found.push(...page);
  expect(moved).toBe(true);
  expect(found).toEqual([]);
}, 60_000);

/** As after a restore from a backup that is older than the acceptance, or than the booking. */
const forgetAcceptance = async (id: string, keepsDraft: boolean): Promise<void> => {
  const { bookings } = world.rows;
  const row = await bookings.query('select * from bookings where id = $1', [id]);
  await bookings.query('delete from booking_sessions where booking_id = $1', [id]);
  await bookings.query('delete from booking_transitions where booking_id = $1', [id]);
  await bookings.query('delete from bookings where id = $1', [id]);
  if (!keepsDraft) return;
  const columns = 'id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata';
  const draft = `insert into bookings (${columns}) select ${columns} from jsonb_populate_record(null::bookings, $1)`;
  await bookings.query(draft, [JSON.stringify(row[0])]);
};

const sessionOf = (news: readonly { sessionId: string }[], id: string) =>
  news.find(({ sessionId }) => sessionId === id);

test('sessions whose bookings a restore has lost are listed with their state, and never emitted', async () => {
  const lost = await scheduled();
  const draft = await scheduled();
  const again = await scheduled();
  const terms = await world.rows.bookings.query<{ start: Date; end: Date }>(
    'select start_time as start, end_time as end from bookings where id = $1',
    [lost.id],
  );
  await forgetAcceptance(lost.id, false);
  await forgetAcceptance(draft.id, true);
  await forgetAcceptance(again.id, true);
  const instead = await acceptedBooking(api, terms[0]);
  const acceptedAgain = await acceptBooking(api, again.id);
  expect(acceptedAgain.sessionId).not.toBe(again.sessionId);

  const shown = async () => {
    const drift = json(await ops('reconcile', ...atOnce));
    return drift.news.length === 3 && drift.overdue.length === 1 && drift;
  };
  const { news, overdue: without } = await eventually(shown, { within: 30_000, every: 500, describe: 'all are shown' });
  const unbooked = { state: 'unbooked', status: 'scheduled', knownStatus: null };
  const bookedInstead = instead.id;
  expect(sessionOf(news, lost.sessionId)).toMatchObject({ ...unbooked, bookingStatus: null, bookedInstead });
  expect(sessionOf(news, draft.sessionId)).toMatchObject({ ...unbooked, bookingStatus: 'draft', bookedInstead: null });
  expect(sessionOf(news, again.sessionId)).toMatchObject({ ...unbooked, bookingStatus: 'accepted' });
  expect(without).toMatchObject([{ bookingId: again.id, sessionId: acceptedAgain.sessionId, state: 'other session' }]);

  const few = await ops('reconcile', ...atOnce, '--limit', '1', '--text');
  expect(few.out).toContain('There may be more: at most 1 of each kind');
  const text = (await ops('reconcile', ...atOnce, '--text')).out;
  expect(text).toContain('Sessions without an accepted booking');
  expect(text).toContain('the bookings database was restored: docs/runbook.md');

  const emitted = await ops('reconcile', ...atOnce, '--emit', ...because);
  expect(json(emitted)).toMatchObject({ asked: 0, sent: 0 });
  expect(emitted.code).toBe(1);
  for (const { sessionId } of [lost, draft, again])
    for (const sql of [
      'delete from sessions where id = $1',
      'delete from session_transitions where session_id = $1',
      'delete from accepted_bookings where session_id = $1',
    ])
      await world.rows.sessions.query(sql, [sessionId]);
  await world.rows.bookings.query('delete from awaited_sessions where booking_id = $1', [again.id]);
}, 90_000);

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
