import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { people } from '@mentor-sessions/lab/people';
import { subscribe } from '@mentor-sessions/local-stack/subscriber';
import { acceptedBooking, mentee, mentor } from '../../lab/e2e/bookings.ts';
import { aMessage } from '../../lab/e2e/a-message.ts';
import { openWire, type Wire } from '../../lab/e2e/wire.ts';
import { createWorld, type World } from '../../lab/e2e/world.ts';
import { json, opsEnvironment, opsWith, type Ops } from './ops.ts';

let world: World;
let wire: Wire;
let ops: Ops;
let api: ReturnType<World['client']>;
let sessionsApi: ReturnType<World['client']>;

beforeAll(async () => {
  world = await createWorld();
  const [bookings, sessions] = await world.startReady('bookings', 'sessions');
  [api, sessionsApi] = [world.client(bookings!), world.client(sessions!)];
  wire = await openWire(world.stack.amqpUrl);
  ops = opsWith(opsEnvironment(world.stack));
  await eventually(async () => (await wire.waiting()).queue === 0, { describe: 'the queues exist' });
}, 90_000);
afterAll(async () => {
  await wire.close();
  await world.close();
}, 60_000);

const isReady = async () => json(await ops('status')).problems.length === 0;

test('status reports no problem and exits with 0', async () => {
  await eventually(isReady, { within: 30_000, every: 500, describe: 'all is well' });
  const { code, out } = await ops('status', '--text');
  expect({ code, err: out }).toEqual({ code: 0, err: expect.stringContaining('All is well.') });
  const status = json(await ops('status'));
  expect(status.outboxes).toEqual([
    { service: 'bookings', pending: 0, parked: 0, retrying: 0, oldestAgeSeconds: 0 },
    { service: 'sessions', pending: 0, parked: 0, retrying: 0, oldestAgeSeconds: 0 },
  ]);
  expect(status.queues).toEqual([
    { name: 'sessions.booking-accepted', ready: 0, consumers: 1 },
    { name: 'sessions.booking-accepted.dead', ready: 0, consumers: 1 },
    { name: 'bookings.session-events', ready: 0, consumers: 1 },
    { name: 'bookings.session-events.dead', ready: 0, consumers: 1 },
  ]);
  expect(status.drift).toEqual({ awaited: 0, overdue: 0, givenUp: 0, oldestAgeSeconds: 0 });
  expect(status.connections).toContainEqual(expect.objectContaining({ service: 'sessions', login: 'sessions_app' }));
}, 60_000);

test('trace shows the history of a booking in both services, from either id', async () => {
  const { id, sessionId } = await acceptedBooking(api);
  const session = async () => (await sessionsApi('GET', `/sessions/${sessionId}`, { as: mentor })).status === 200;
  await eventually(session, { describe: 'the session' });
  expect((await sessionsApi('PATCH', `/sessions/${sessionId}/start`, { as: mentee })).status).toBe(200);
  expect((await sessionsApi('PATCH', `/sessions/${sessionId}/complete`, { as: mentor })).status).toBe(200);
  const knows = async () => (await api('GET', `/bookings/${id}`, { as: mentee })).body.sessionStatus === 'completed';
  await eventually(knows, { describe: 'bookings has received it' });

  const ran = await ops('trace', id);
  const trace = json(ran);
  expect(ran.code).toBe(0);
  expect(trace).toMatchObject({
    bookingId: id,
    sessionId,
    bookingStatus: 'accepted',
    sessionStatus: 'completed',
    knownSessionStatus: 'completed',
  });
  const told = trace.steps.map(({ service, what, detail }: Record<string, string>) => `${service}: ${what}, ${detail}`);
  for (const step of [
    'bookings: transition, draft',
    'bookings: transition, draft → accepted',
    'bookings: event published, booking.accepted',
    'sessions: message handled, sessions.booking-accepted',
    'sessions: transition, scheduled',
    'sessions: transition, scheduled → in_progress',
    'sessions: transition, in_progress → completed',
    'sessions: event written, session.completed',
    'sessions: event published, session.completed',
    'bookings: message handled, bookings.session-events',
  ])
    expect(told).toContain(step);
  const completed = trace.steps.find(({ detail }: { detail: string }) => detail === 'in_progress → completed');
  expect(completed.actor).toBe(people['its mentor'].userId);
  const published = trace.steps.find(({ detail }: { detail: string }) => detail === 'booking.accepted');
  expect(published.messageId).toMatch(/^[0-9a-f-]{36}$/);
  const times = trace.steps.map(({ at }: { at: string }) => at);
  expect(times).toEqual([...times].sort());
  expect(json(await ops('trace', sessionId))).toEqual(trace);
  expect(json(await ops('trace', published.messageId))).toEqual(trace);
}, 60_000);

test('dead letters are listed in groups, one by one, and in full', async () => {
  for (const n of [1, 2]) await wire.publish(Buffer.from(`{"broken ${n}`), { messageId: randomUUID() });
  const forged = aMessage();
  await wire.publish(forged, { userId: 'developer' });
  const groups = async () => {
    const found = json(await ops('dead-letters', 'list'));
    return found.length === 2 && found[0].count === 2 && found;
  };
  const [malformed, other] = await eventually(groups, { every: 500, describe: 'two groups' });
  expect(malformed).toMatchObject({ service: 'sessions', reason: 'malformed', count: 2, timesSeen: 2 });
  expect(other).toMatchObject({ queue: 'sessions.booking-accepted', reason: 'forged-sender', count: 1 });

  const list = await ops('dead-letters', 'list', '--each', '--group', malformed.fingerprint);
  expect(list.code).toBe(1);
  expect(json(list)).toHaveLength(2);
  expect(json(await ops('dead-letters', 'list', '--each', '--limit', '1'))).toHaveLength(1);
  expect(json(await ops('dead-letters', 'list', '--each', '--service', 'bookings'))).toEqual([]);
  expect(json(await ops('dead-letters', 'list', '--each', '--until', '1h'))).toEqual([]);

  const [letter] = json(await ops('dead-letters', 'list', '--each', '--message-id', forged.id));
  const shown = json(await ops('dead-letters', 'show', letter.id));
  expect(JSON.parse(shown.body)).toEqual(forged);
  expect(shown).toMatchObject({ messageId: forged.id, routingKey: 'booking.accepted', replays: [] });
  expect(shown.about).toBe(forged.correlationid);
  expect(shown.properties).toMatchObject({ userId: 'developer' });
  expect((await ops('dead-letters', 'show', letter.id, '--text')).out).toContain('forged-sender');

  const status = await ops('status');
  expect(status.code).toBe(1);
  expect(json(status).problems).toEqual([
    'sessions: 2 dead letters, malformed',
    'sessions: 1 dead letter, forged-sender',
  ]);
}, 60_000);

test('a usage error exits with 2 and says what is expected', async () => {
  for (const [args, said] of [
    [['nonsense'], "unknown command 'nonsense'"],
    [['trace', 'not-an-id'], 'must be a UUID'],
    [['trace', randomUUID()], 'No booking or session'],
    [['dead-letters', 'list', '--since', 'yesterday'], 'must be a time such as'],
    [['dead-letters', 'show', randomUUID()], 'There is no dead letter'],
  ] as const) {
    const { code, err } = await ops(...args);
    expect({ args, code, err }).toEqual({ args, code: 2, err: expect.stringContaining(said) });
  }
  const { code, err } = await opsWith({ LOCAL_STACK_FOLDER: '/nowhere' })('status');
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringContaining('BOOKINGS_OPERATOR_DATABASE_URL: is missing'),
  });
  expect((await ops('--help')).code).toBe(0);
}, 60_000);

test('a binding that carries notes to others is reported with the command that removes it; unknown without the URL', async () => {
  expect((await ops('status', '--text')).out).toContain('unknown without OPERATOR_MANAGEMENT_URL');
  const asking = opsWith({
    ...opsEnvironment(world.stack),
    OPERATOR_MANAGEMENT_URL: world.stack.operatorManagementUrl,
  });
  expect(json(await asking('status')).notesBindings).toEqual([]);
  const curious = await subscribe(world.stack.amqpUrl, {
    queue: 'curious.everything',
    routingKeys: ['session.#', '#'],
  });
  const { code, out } = await asking('status', '--json');
  await curious.close();
  const { notesBindings, problems } = JSON.parse(out);
  expect(code).toBe(1);
  expect(notesBindings).toMatchObject([{ kind: 'queue', destination: 'curious.everything', routingKey: '#' }]);
  expect(problems).toContainEqual(
    expect.stringContaining('queue "curious.everything" receives private notes through its binding "#"'),
  );
  expect(problems.join()).toContain(`/e/mentoring.events/q/curious.everything/`);
  const wrong = opsWith({ ...opsEnvironment(world.stack), OPERATOR_MANAGEMENT_URL: 'http://operator:no@127.0.0.1:1' });
  expect(json(await wrong('status')).problems).toContainEqual(expect.stringMatching(/^bindings cannot be read: /));
}, 60_000);

test('an unavailable database is reported, with the status of everything else', async () => {
  const away = new URL(world.stack.bookings.operatorDatabaseUrl);
  away.port = '1';
  const lonely = opsWith({ ...opsEnvironment(world.stack), BOOKINGS_OPERATOR_DATABASE_URL: away.href });
  const status = await lonely('status');
  expect(status.code).toBe(1);
  expect(json(status).problems[0]).toMatch(/^outboxes cannot be read: bookings: .*ECONNREFUSED/);
  expect(json(status).queues).toHaveLength(4);
  const trace = await lonely('trace', randomUUID());
  expect(trace).toMatchObject({ code: 1, out: '' });
  expect(trace.err).toMatch(/bookings: The database cannot be reached.*ECONNREFUSED/);
}, 60_000);

test('at most 10,000 dead letters are counted, and an action with that count and time takes exactly these', async () => {
  await world.rows.sessions.query(
    `insert into dead_letters (id, reason, queue, exchange, routing_key, body, properties, headers, attempts, fingerprint,
        first_seen_at, last_seen_at)
      select gen_random_uuid(), 'rejected', 'many', '', '', '\\x00', '{}', '{}', 0, sha256(n::text::bytea), at, at
      from generate_series(1, 10005) n, lateral (select now() - interval '1 hour' + n * interval '1 ms' as at) moments`,
  );
  const many = ['--queue', 'many'];
  const [group] = json(await ops('dead-letters', 'list', ...many));
  expect(group.count).toBe(9_999); // the last millisecond is left out
  expect(json(await ops('dead-letters', 'list', '--each', ...many))).toHaveLength(10_000);
  const discard = ['discard', '--group', group.fingerprint, '--until', group.countedAt, '--count', '9999'];
  const because = ['--because', 'tests', '--yes'];
  expect(json(await ops('dead-letters', ...discard, ...many, ...because))).toEqual({
    matching: 9_999,
    discarded: 9_999,
  });
  expect(json(await ops('dead-letters', 'list', ...many))[0].count).toBe(6);
  expect(json(await ops('dead-letters', 'discard', ...many, ...because)).discarded).toBe(6);
}, 60_000);

test('dead letters from before errors were readable do not show raw JSON', async () => {
  const issue = { expected: 'string', code: 'invalid_type', path: ['data', 'start'], message: 'must be a time' };
  await world.rows.sessions.query(
    `insert into dead_letters (id, reason, queue, exchange, routing_key, body, properties, headers, attempts, fingerprint, last_error)
      values (gen_random_uuid(), 'schema-violation', 'old', '', '', '\\x00', '{}', '{}', 0, 'old', $1)`,
    [JSON.stringify([issue, issue], null, 2)],
  );
  const lastError = 'data.start: must be a time; data.start: must be a time';
  const old = ['--queue', 'old'];
  const [letter] = json(await ops('dead-letters', 'list', '--each', ...old));
  expect(letter).toMatchObject({ lastError });
  expect(json(await ops('dead-letters', 'list', ...old))).toMatchObject([{ lastError }]);
  expect(json(await ops('dead-letters', 'show', letter.id))).toMatchObject({ lastError });
  await ops('dead-letters', 'discard', ...old, '--because', 'tests', '--yes');
}, 60_000);
