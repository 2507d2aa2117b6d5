import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { repository } from '@mentor-sessions/local-stack/launch';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';
import { aMessage } from '../../lab/e2e/a-message.ts';
import { openWire, type Wire } from '../../lab/e2e/wire.ts';
import { createWorld, type World } from '../../lab/e2e/world.ts';
import { json, opsEnvironment, opsWith, type Ops } from './ops.ts';

let world: World;
let wire: Wire;
let ops: Ops;
let running: RoleProcess[] = [];

const start = async (env: Record<string, string> = {}, nodeOptions: string[] = []): Promise<RoleProcess> => {
  const consumer = await world.start('sessions consumer', { env, nodeOptions });
  running.push(consumer);
  await consumer.waitReady();
  return consumer;
};
/** Makes the consumer reject the user of bookings as forged: the cause that is fixed later. */
const misled = { BOOKINGS_AMQP_USER: 'another-user' };

const stop = async (): Promise<void> => {
  await Promise.all(running.map((consumer) => consumer.end('SIGTERM', 10_000)));
  running = [];
};

beforeAll(async () => {
  world = await createWorld();
  ops = opsWith(opsEnvironment(world.stack));
  await start();
  await stop();
  wire = await openWire(world.stack.amqpUrl);
}, 90_000);
afterEach(stop, 30_000);
afterAll(async () => {
  await wire.close();
  await world.close();
}, 60_000);

type Accepted = ReturnType<typeof aMessage>;
const sessionsOf = ({ data }: Accepted) =>
  world.rows.sessions.query('select id from sessions where booking_id = $1', [data.bookingId]);
const lettersOf = ({ id }: { id: string }) =>
  world.rows.sessions.query('select * from dead_letters where message_id = $1 order by id', [id]);
const replaysOf = ({ id }: { id: string }) =>
  world.rows.sessions.query(
    'select r.* from replays r join dead_letters l on l.id = dead_letter_id where message_id = $1 order by r.id',
    [id],
  );

/** Creates dead letters with the reason `forged-sender`, by a consumer that is stopped again. */
const poisoned = async (...messages: Accepted[]): Promise<void> => {
  const consumer = await start(misled);
  for (const message of messages) await wire.publish(message);
  for (const message of messages)
    await eventually(async () => (await lettersOf(message)).length === 1, { describe: 'a dead letter' });
  await consumer.end('SIGTERM', 10_000);
};

const why = ['--because', 'BOOKINGS_AMQP_USER is right now'];

test('a dead letter is handled after the cause is fixed, with its original id, and the record stays', async () => {
  const messages = [aMessage(), aMessage(), aMessage()];
  await poisoned(...messages);
  await start();
  const ran = await ops('dead-letters', 'replay', '--reason', 'forged-sender', ...why);
  expect(json(ran)).toEqual({ matching: 3, handled: 3, duplicate: 0, dead: [], withdrawn: 0, waiting: 0 });
  expect(ran.code).toBe(0);
  for (const message of messages) {
    expect(await sessionsOf(message)).toEqual([{ id: message.data.sessionId }]);
    const inbox = 'select queue from inbox where message_id = $1';
    expect(await world.rows.sessions.query(inbox, [message.id])).toEqual([{ queue: 'sessions.booking-accepted' }]);
    const [letter] = await lettersOf(message);
    expect(letter).toMatchObject({ resolution: 'replayed', resolved_by: 'olga', resolution_note: why[1] });
  }
  const [act] = await world.rows.sessions.query('select * from operator_actions order by id desc limit 1');
  expect(act).toMatchObject({
    operator: 'olga',
    login: 'sessions_operator',
    action: 'dead-letters replay',
    reason: why[1],
  });
  expect((await ops('dead-letters', 'list')).code).toBe(0);
}, 90_000);

test('a replay of a message that was handled in the meantime is a duplicate', async () => {
  const message = aMessage();
  await poisoned(message);
  await start();
  await wire.publish(message);
  await eventually(async () => (await sessionsOf(message)).length === 1, { describe: 'the session' });
  const ran = await ops('dead-letters', 'replay', '--message-id', message.id, '--operator', 'otto', ...why);
  expect(json(ran)).toMatchObject({ handled: 0, duplicate: 1, waiting: 0 });
  expect(ran.code).toBe(0);
  expect(await sessionsOf(message)).toHaveLength(1);
  expect(await lettersOf(message)).toMatchObject([{ resolution: 'replayed', resolved_by: 'otto' }]);
}, 90_000);

test('a replay that fails again stays open and is counted; with a new reason it is a new dead letter', async () => {
  const [first, second] = [aMessage(), aMessage()];
  const rival = aMessage({ bookingId: first.data.bookingId });
  await poisoned(second, rival);
  await start();
  await wire.publish(first);
  await eventually(async () => (await sessionsOf(first)).length === 1, { describe: 'the session' });
  const broken = randomUUID();
  await wire.publish(Buffer.from('{"broken'), { messageId: broken });
  await eventually(async () => (await lettersOf({ id: broken })).length === 1, { describe: 'a dead letter' });

  const ran = await ops('dead-letters', 'replay', '--all', ...why);
  expect(json(ran)).toMatchObject({ matching: 3, handled: 1, duplicate: 0, waiting: 0 });
  expect(
    json(ran)
      .dead.map(({ detail }: { detail: string }) => detail.split(':')[0])
      .sort(),
  ).toEqual(['malformed', 'session-already-exists']);
  expect(ran.code).toBe(1);
  expect(await lettersOf({ id: broken })).toMatchObject([{ resolved_at: null, times_seen: 2, reason: 'malformed' }]);
  expect(await lettersOf(rival)).toMatchObject([
    { reason: 'forged-sender', resolution: 'replayed' },
    { reason: 'session-already-exists', resolved_at: null },
  ]);
  expect(await sessionsOf(first)).toEqual([{ id: first.data.sessionId }]);

  const without = await ops('dead-letters', 'discard', '--all', '--because', 'tests');
  expect({ code: without.code, err: without.err }).toEqual({ code: 2, err: expect.stringContaining('Add --yes') });
  expect(json(await ops('dead-letters', 'discard', '--all', '--because', 'tests', '--dry-run')).matching).toBe(2);
  const discarded = await ops('dead-letters', 'discard', '--all', '--because', 'tests', '--yes');
  expect(json(discarded)).toEqual({ matching: 2, discarded: 2 });
  expect(await lettersOf({ id: broken })).toMatchObject([{ resolution: 'discarded', resolution_note: 'tests' }]);
}, 90_000);

test('without a consumer a replay waits until one runs; --limit, --rate and --dry-run apply', async () => {
  const messages = [aMessage(), aMessage(), aMessage()];
  await poisoned(...messages);
  const dry = json(await ops('dead-letters', 'replay', '--all', '--dry-run', ...why));
  expect(dry.matching).toBe(3);
  expect((await Promise.all(messages.map(replaysOf))).flat()).toEqual([]);
  const waiting = await ops('dead-letters', 'replay', '--limit', '2', '--rate', '1', '--wait', '1', ...why);
  expect(json(waiting)).toMatchObject({ matching: 2, handled: 0, waiting: 2 });
  expect(waiting.code).toBe(1);
  await start();
  const done = async () => (await Promise.all(messages.map(sessionsOf))).flat().length === 2;
  await eventually(done, { describe: 'two sessions' });
  const [left] = json(await ops('dead-letters', 'list', '--each'));
  await ops('dead-letters', 'discard', '--id', left.id, '--because', 'tests', '--yes');
}, 90_000);

test.each(['replay.handled', 'replay.committed'])(
  'after a consumer is killed at %s another does the replay, and the message is handled once',
  async (point) => {
    const message = aMessage();
    await poisoned(message);
    const hook = ['--import', `${repository}lab/faults/points/hook.mjs`];
    const victim = await start({ FAULT_POINTS: `${point}:kill` }, hook);
    const replaying = ops('dead-letters', 'replay', '--message-id', message.id, ...why);
    await victim.exited;
    await start();
    const ran = await replaying;
    expect(json(ran)).toMatchObject({ matching: 1, handled: 1, duplicate: 0, waiting: 0 });
    expect(await sessionsOf(message)).toEqual([{ id: message.data.sessionId }]);
    const audit = 'select to_status from session_transitions where session_id = $1';
    expect(await world.rows.sessions.query(audit, [message.data.sessionId])).toEqual([{ to_status: 'scheduled' }]);
    const announced = `select type from outbox where aggregate_id = $1`;
    expect(await world.rows.sessions.query(announced, [message.data.sessionId])).toHaveLength(1);
    expect(await replaysOf(message)).toMatchObject([{ outcome: 'handled', tries: point === 'replay.handled' ? 2 : 1 }]);
  },
  90_000,
);

test('a message that crashes every process that replays it is given up and stays open', async () => {
  const message = aMessage();
  await poisoned(message);
  const hook = ['--import', `${repository}lab/faults/points/hook.mjs`];
  const replaying = ops('dead-letters', 'replay', '--message-id', message.id, '--wait', '60', ...why);
  for (let death = 1; death <= 3; death++) {
    const env = { FAULT_POINTS: 'replay.handled:kill' };
    const victim = await world.start('sessions consumer', { env, nodeOptions: hook });
    await victim.exited;
  }
  await start();
  const ran = await replaying;
  expect(json(ran)).toMatchObject({ handled: 0, waiting: 0 });
  expect(json(ran).dead[0].detail).toContain('tried 3 times');
  expect(await sessionsOf(message)).toEqual([]);
  expect(await lettersOf(message)).toMatchObject([{ resolved_at: null }]);
}, 120_000);

test('a database failure never counts against a replay', async () => {
  const message = aMessage();
  await poisoned(message);
  const consumer = await start();
  const locker = await connected(world.stack.sessions.adminDatabaseUrl);
  await locker.query('begin');
  await locker.query('lock table inbox in share row exclusive mode');
  const replaying = ops('dead-letters', 'replay', '--message-id', message.id, '--wait', '90', ...why);
  const tries = () => consumer.log().split('replay failed; will retry').length - 1;
  await eventually(() => tries() > 3, { within: 90_000, describe: 'more tries than a message has' });
  await locker.query('commit');
  await locker.end();
  expect(json(await replaying)).toMatchObject({ handled: 1, dead: [], waiting: 0 });
  expect(await sessionsOf(message)).toEqual([{ id: message.data.sessionId }]);
}, 150_000);

test('an action must say which dead letters and why', async () => {
  for (const [args, said] of [
    [['replay', '--all'], "required option '--because <why>' not specified"],
    [['replay', ...why], 'Which dead letters?'],
    [['discard', ...why, '--yes'], 'Which dead letters?'],
    [['replay', '--all', '--because', ' '], '--because must not be empty'],
    [['replay', '--all', '--rate', '0', ...why], 'must be a whole number of at least 1'],
  ] as const) {
    const { code, err } = await ops('dead-letters', ...args);
    expect({ args, code, err }).toEqual({ args, code: 2, err: expect.stringContaining(said) });
  }
}, 60_000);
