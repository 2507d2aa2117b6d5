import { createHash } from 'node:crypto';
import { connect } from 'amqplib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bookingAcceptedQueue, catalogue, envelope } from '@mentor-sessions/contracts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { subscribe } from '@mentor-sessions/local-stack/subscriber';
import { acceptedBooking, mentee, mentor } from '../../lab/e2e/bookings.ts';
import { aMessage } from '../../lab/e2e/a-message.ts';
import { openWire } from '../../lab/e2e/wire.ts';
import { createWorld, type World } from '../../lab/e2e/world.ts';
import { json, opsEnvironment, opsWith, type Ops } from './ops.ts';

let world: World;
let ops: Ops;
beforeAll(async () => {
  world = await createWorld();
  ops = opsWith(opsEnvironment(world.stack));
}, 60_000);
afterAll(() => world.close(), 60_000);

const because = ['--because', 'tests'];
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const lastAct = async (service: 'bookings' | 'sessions') =>
  (await world.rows[service].query('select * from operator_actions order by id desc limit 1'))[0];

test('parked events are listed, unparked, and dropped with a record of which they were', async () => {
  const event = aMessage();
  const parked = `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope, parked_at, last_error)
    values ($1, $2, 2, 'booking.accepted', 0, $3, now(), 'larger than 1 bytes')`;
  await world.rows.bookings.query(parked, [event.id, event.subject, JSON.stringify(event)]);
  const listed = await ops('outbox', 'list', '--parked');
  expect(listed.code).toBe(1);
  expect(json(listed)).toMatchObject([{ service: 'bookings', messageId: event.id, lastError: 'larger than 1 bytes' }]);

  expect(json(await ops('outbox', 'unpark', '--message-id', event.id, ...because))).toEqual({ matching: 1, done: 1 });
  expect((await ops('outbox', 'list', '--parked')).code).toBe(0);
  expect(json(await ops('outbox', 'list'))).toMatchObject([{ parkedAt: null, lastError: null }]);
  // an event that is not parked is about to be published and cannot be dropped
  const tooSoon = await ops('outbox', 'drop', '--message-id', event.id, '--yes', ...because);
  expect(json(tooSoon)).toEqual({ matching: 0, done: 0 });

  // an event that the broker refuses is listed with its next retry, and keeps one attempt when it is unparked
  await world.rows.bookings.query(`update outbox set parked_at = now(), retry_at = 'tomorrow', attempts = 7`);
  expect(json(await ops('outbox', 'list'))).toMatchObject([{ attempts: 7, retryAt: expect.any(String) }]);
  expect(json(await ops('status')).problems).toContainEqual(expect.stringMatching(/1 of them retried automatically/));
  expect(json(await ops('outbox', 'unpark', '--all', ...because))).toEqual({ matching: 1, done: 1 });
  expect(await world.rows.bookings.query('select parked_at, retry_at, attempts from outbox')).toEqual([
    { parked_at: null, retry_at: null, attempts: 1 },
  ]);

  await world.rows.bookings.query(`update outbox set parked_at = now(), retry_at = 'tomorrow'`);
  const unsure = await ops('outbox', 'drop', '--all', ...because);
  expect({ code: unsure.code, err: unsure.err }).toEqual({ code: 2, err: expect.stringContaining('Add --yes') });
  expect(json(await ops('outbox', 'drop', '--all', '--yes', ...because))).toEqual({ matching: 1, done: 1 });
  expect(await world.rows.bookings.query('select from outbox')).toEqual([]);
  expect(await lastAct('bookings')).toMatchObject({
    action: 'outbox drop',
    operator: 'olga',
    subject: {
      messages: [
        {
          id: event.id,
          type: event.type,
          aggregate: event.subject,
          sequence: 2,
          sha256: sha256(JSON.stringify(event)),
        },
      ],
    },
  });
}, 60_000);

test('operators’ actions are listed, latest first, by service, name and time', async () => {
  const actions = await ops('actions', '--service', 'bookings', '--operator', 'OLG', '--since', '1h');
  expect(actions.code).toBe(0);
  expect(json(actions)).toMatchObject([
    { service: 'bookings', operator: 'olga', login: 'bookings_operator', action: 'outbox drop', reason: 'tests' },
    { action: 'outbox unpark' },
    { action: 'outbox unpark' },
  ]);
  expect(json(await ops('actions', '--operator', 'otto'))).toEqual([]);
  expect(json(await ops('actions', '--until', '1h'))).toEqual([]);
  expect(json(await ops('actions', '--limit', '1'))).toHaveLength(1);
  expect((await ops('actions', '--text')).out).toMatch(/olga +outbox drop +tests/);
});

test('workers are listed, paused and resumed by an operator', async () => {
  const [consumer] = await world.startReady('sessions consumer');
  const wire = await openWire(world.stack.amqpUrl);
  const consumers = async () => json(await ops('workers', 'list')).workers;
  const states = async () => (await consumers()).map(({ state }: { state: string }) => state);
  const [worker] = await eventually(consumers, { describe: 'a worker' });
  expect(worker).toMatchObject({ service: 'sessions', roles: ['consumer'], state: 'running', inFlight: 0 });

  const pause = ['workers', 'pause', 'consumer', '--service', 'sessions', ...because];
  expect(json(await ops(...pause))).toEqual({ service: 'sessions', target: 'consumer', workers: 1 });
  await eventually(async () => (await states()).join() === 'paused', { describe: 'the first worker is paused' });
  expect((await ops('workers', 'list')).code).toBe(1);
  await world.startReady('sessions consumer');
  const waiting = aMessage();
  await wire.publish(waiting);
  await eventually(async () => (await states()).join() === 'paused,paused', {
    describe: 'the second one is paused too',
  });
  expect((await wire.waiting()).queue).toBe(1);
  expect((await fetch(`${consumer?.adminUrl}/readyz`)).status).toBe(200);
  expect(await world.rows.sessions.query('select from sessions')).toEqual([]);

  expect((await ops('workers', 'resume', 'consumer', '--service', 'sessions', ...because)).code).toBe(0);
  const session = () => world.rows.sessions.query('select id from sessions where booking_id = $1', [waiting.subject]);
  await eventually(async () => (await session()).length === 1, { describe: 'the session' });
  expect(await lastAct('sessions')).toMatchObject({ action: 'workers resume', subject: { target: 'consumer' } });
  const seen = async () => (await consumers()).some((one: { lastMessageAt: string | null }) => one.lastMessageAt);
  await eventually(seen, { within: 15_000, every: 500, describe: 'the last message' });

  const twice = await ops('workers', 'resume', 'consumer', '--service', 'sessions', ...because);
  expect({ code: twice.code, err: twice.err }).toEqual({ code: 2, err: expect.stringContaining('is not paused') });
  expect((await ops('workers', 'pause', 'api', '--service', 'sessions', ...because)).code).toBe(2);
  await consumer?.end('SIGTERM', 10_000);
  const stopped = async () =>
    json(await ops('workers', 'list', '--all')).workers.map((w: { state: string }) => w.state);
  await eventually(async () => (await stopped()).includes('stopped'), { describe: 'one has stopped' });
  await wire.close();
}, 90_000);

test('the timer is paused and resumed alone, while its relay publishes', async () => {
  await world.startReady('bookings relay');
  const { rows } = world;
  const relays = async () =>
    json(await ops('workers', 'list')).workers.filter(({ roles }: { roles: string[] }) => roles.includes('relay'));
  const paused = async () => (await relays()).map((worker: { paused: string[] }) => worker.paused.join());
  const pause = (target: string) => ops('workers', 'pause', target, '--service', 'bookings', ...because);
  const resume = (target: string) => ops('workers', 'resume', target, '--service', 'bookings', ...because);
  expect(json(await pause('timer'))).toEqual({ service: 'bookings', target: 'timer', workers: 1 });
  await eventually(async () => (await paused()).join() === 'timer', { describe: 'the timer is paused' });
  expect((await relays())[0]).toMatchObject({ state: 'paused', wantedPaused: ['timer'] });
  expect((await ops('status', '--text')).out).toMatch(/bookings: relay \S+ \d+ is paused \(timer\)/);

  await rows.bookings
    .query(`insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), at, at + interval '1 ms'
    from date_trunc('milliseconds', now() + interval '1 s') at`);
  const event = aMessage();
  await rows.bookings.query(
    `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope) values ($1, $2, 2, 'booking.declined', 0, $3)`,
    [event.id, event.subject, JSON.stringify({ ...event, type: 'booking.declined' })],
  );
  const published = async (type: string) =>
    (await rows.bookings.query('select from outbox_published where type = $1', [type])).length;
  await eventually(async () => (await published('booking.declined')) === 1, { describe: 'the relay publishes' });
  // a timer looks at least every 5 s
  const late = () => rows.bookings.query(`select from timers where due_at < now() - interval '6 s'`);
  await eventually(async () => (await late()).length === 1, { within: 15_000, describe: 'the draft is still waiting' });

  await pause('relay');
  await resume('timer');
  await eventually(async () => (await paused()).join() === 'relay,timer', { describe: 'both are paused' });
  expect(await late()).toHaveLength(1);
  await resume('relay');
  await eventually(async () => (await published('booking.expired')) === 1, { describe: 'the draft has expired' });
  expect(await rows.bookings.query('select from timers')).toEqual([]);
}, 60_000);

test('events published before a subscriber existed are sent to its queue only, with the same ids', async () => {
  const [bookings, sessions] = await world.startReady('bookings', 'sessions');
  const [api, sessionsApi] = [world.client(bookings!), world.client(sessions!)];
  const spy = await subscribe(world.stack.amqpUrl, { queue: 'spy.sessions', routingKeys: ['session.completed'] });
  const completed: string[] = [];
  for (let n = 0; n < 3; n++) {
    const { sessionId } = await acceptedBooking(api);
    const isThere = async () => (await sessionsApi('GET', `/sessions/${sessionId}`, { as: mentor })).status === 200;
    await eventually(isThere, { describe: 'the session' });
    await sessionsApi('PATCH', `/sessions/${sessionId}/start`, { as: mentee });
    expect((await sessionsApi('PATCH', `/sessions/${sessionId}/complete`, { as: mentor })).status).toBe(200);
    completed.push(sessionId);
  }
  await eventually(() => spy.received.length === 3, { describe: 'the spy received all' });

  const late = await subscribe(world.stack.amqpUrl, { queue: 'reviews.session-completed', routingKeys: [] });
  const resend = ['events', 'resend', '--type', 'session.completed', '--since', '1h', ...because];
  const dry = await ops(...resend, '--queue', 'reviews.session-completed', '--dry-run');
  expect(json(dry)).toEqual({ matching: 3 });
  const ran = await ops(...resend, '--queue', 'reviews.session-completed', '--rate', '2');
  expect(json(ran)).toEqual({ matching: 3, sent: 3 });
  await eventually(() => late.received.length === 3, { describe: 'the late subscriber received all' });
  expect(late.received.map(({ event }) => event.subject)).toEqual(completed);
  expect(
    late.received.map(({ content, properties }) => [content.toString(), properties.messageId, properties.userId]),
  ).toEqual(
    spy.received.map(({ content, properties }) => [content.toString(), properties.messageId, properties.userId]),
  );
  expect(spy.received).toHaveLength(3);
  expect(await lastAct('sessions')).toMatchObject({
    action: 'events resend',
    subject: { queue: 'reviews.session-completed' },
  });

  for (const [queue, said] of [
    ['sessions.booking-accepted', 'does not handle session.completed'],
    ['unknown.queue', 'There is no queue unknown.queue'],
  ] as const) {
    const { code, err } = await ops(...resend, '--queue', queue);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(said) });
  }
  await Promise.all([spy.close(), late.close()]);
  for (const process of [bookings, sessions]) await process?.end('SIGTERM', 10_000);
}, 120_000);

test('a booking whose event is lost is found, and its reminder starts again', async () => {
  for (const { id } of await world.rows.sessions.query('select id from workers where stopped_at is null'))
    await ops('workers', 'pause', id, '--service', 'sessions', ...because);
  const [api] = await world.startReady('bookings api', 'bookings relay');
  const reminding = await world.start('bookings consumer', {
    env: { REMIND_AFTER_SECONDS: '1', REMIND_ATTEMPTS: '1' },
  });
  await reminding.waitReady();
  const booking = await acceptedBooking(world.client(api!));
  const overdue = async () => json(await ops('reconcile', '--older-than', '1')).overdue;
  const givenUp = async () => (await overdue())[0]?.givenUpAt && overdue();
  const [lost] = await eventually(givenUp, { within: 30_000, every: 500, describe: 'given up' });
  expect(lost).toMatchObject({ bookingId: booking.id, sessionId: booking.sessionId, attempts: 1, state: 'lost' });
  const connection = await connect(world.stack.amqpUrl);
  const channel = await connection.createChannel();
  expect((await channel.purgeQueue(bookingAcceptedQueue.name)).messageCount).toBe(2);
  await connection.close();

  for (const { target } of await world.rows.sessions.query('select target from paused_workers'))
    await ops('workers', 'resume', target, '--service', 'sessions', ...because);
  expect((await ops('reconcile', '--older-than', '1', '--emit')).code).toBe(2);
  const ran = await ops('reconcile', '--older-than', '1', '--emit', ...because);
  type Repaired = { asked: number; sent: number; news: readonly { state: string }[] };
  const { asked, sent, news } = json(ran) as Repaired;
  expect(asked).toBeGreaterThan(0); // on a busy machine a booking of the previous test may be overdue too
  expect(sent).toBe(asked);
  // sessions of messages that an earlier test sent have no booking, which is only shown
  expect(ran.code).toBe(news.some(({ state }) => state === 'unbooked') ? 1 : 0);
  const session = () => world.rows.sessions.query('select id from sessions where booking_id = $1', [booking.id]);
  await eventually(async () => (await session()).length === 1, { within: 20_000, describe: 'the session' });
  expect(await session()).toEqual([{ id: booking.sessionId }]);
}, 120_000);

test('a sample event is valid, has ids of its own, and reaches one queue that is not of the two services', async () => {
  const mine = await subscribe(world.stack.amqpUrl, { queue: 'mine.samples', routingKeys: [] });
  const sample = ['events', 'sample', '--queue', 'mine.samples', '--type'];
  for (const { type } of catalogue) expect((await ops(...sample, type)).code).toBe(0);
  const { messageId } = json(await ops(...sample, 'session.completed'));
  const copy = json(await ops(...sample, 'session.completed', '--message-id', messageId));
  expect(copy).toEqual({ messageId, type: 'session.completed', queue: 'mine.samples' });
  await eventually(() => mine.received.length === catalogue.length + 2, { describe: 'all samples' });

  for (const { event, properties } of mine.received) {
    const schema = catalogue.find(({ type }) => type === event.type);
    expect(envelope.parse(event).id).toBe(properties.messageId);
    expect(schema?.data.safeParse(event.data)).toMatchObject({ success: true });
    expect([event.data['sessionId'], event.data['bookingId']]).toContain(event.subject);
    expect(properties).toMatchObject({ userId: event.type.startsWith('session.') ? 'sessions' : 'bookings' });
  }
  const [again, first] = [mine.received.at(-1), mine.received.at(-2)];
  expect(again?.content.toString()).toBe(first?.content.toString());
  expect(new Set(mine.received.slice(0, -1).map(({ event }) => event.subject)).size).toBe(catalogue.length + 1);

  for (const queue of ['sessions.booking-accepted', 'bookings.session-events.dead', 'bookings.other', 'none'])
    expect((await ops('events', 'sample', '--type', 'session.completed', '--queue', queue)).code).toBe(2);
  expect((await ops(...sample, 'session.unknown')).err).toContain('Known types: booking.requested, booking.accepted');
  const production = opsWith({ ...opsEnvironment(world.stack), NODE_ENV: 'production' });
  expect((await production(...sample, 'session.completed')).code).not.toBe(0);
  await mine.close();
}, 30_000);
