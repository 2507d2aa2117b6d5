import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';
import { subscribe } from '@mentor-sessions/local-stack/subscriber';
import type { ReceivedMessage, Subscriber } from '@mentor-sessions/local-stack/subscriber';
import { acceptedBooking, mentee, mentor } from './bookings.ts';
import { inParallel } from './load.ts';
import { expectKept } from './outcome.ts';
import { sizes } from './sizes.ts';
import { openWire } from './wire.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
let spy: Subscriber;
beforeAll(async () => {
  world = await createWorld();
  spy = await subscribe(world.stack.amqpUrl, { queue: 'spy.sessions', routingKeys: ['session.#'] });
}, 60_000);
afterAll(async () => {
  await spy.close();
  await world.close();
}, 60_000);

/** Two processes of a role; each kill hits the older one, and a new one replaces it. */
const pairOf = async (role: string) => {
  const pair = await world.startReady(role, role);
  return {
    running: pair as readonly RoleProcess[],
    kill: async (): Promise<void> => {
      const victim = pair.shift() as RoleProcess;
      await victim.end('SIGKILL', 0);
      pair.push(await world.start(role));
    },
  };
};

const firstCopies = (received: readonly ReceivedMessage[]): ReceivedMessage[] =>
  [...new Map(received.toReversed().map((message) => [message.event.id, message])).values()].reverse();

test('1,000 bookings accepted while relays and consumers are killed: each has its one session, and all events are published in order', async () => {
  const [bookings, sessions] = await world.startReady('bookings api', 'sessions api');
  const relays = await pairOf('bookings relay');
  const consumers = await pairOf('sessions consumer');
  const sessionsRelays = await pairOf('sessions relay');
  const [bookingsApi, sessionsApi] = [world.client(bookings!), world.client(sessions!)];

  let accepted = 0;
  let kills: Promise<void> = Promise.resolve();
  const killEvery = Math.ceil(sizes.bookings / (sizes.kills + 1));
  const startedAt = performance.now();
  const promised = await inParallel({ count: sizes.bookings, concurrency: 16 }, async () => {
    const booking = await acceptedBooking(bookingsApi);
    accepted += 1;
    if (accepted % killEvery === 0) {
      kills = kills.then(
        async () => void (await Promise.all([relays, consumers, sessionsRelays].map(({ kill }) => kill()))),
      );
    }
    return booking;
  });
  const acceptedAfter = performance.now() - startedAt;
  await kills;

  const lived = promised.slice(0, 50);
  await inParallel({ count: lived.length, concurrency: 4 }, async (index) => {
    const path = `/sessions/${lived[index]?.sessionId}`;
    await eventually(async () => (await sessionsApi('GET', path, { as: mentee })).status === 200, {
      within: 60_000,
      describe: path,
    });
    expect((await sessionsApi('PATCH', `${path}/start`, { as: mentee })).status).toBe(200);
    expect((await sessionsApi('PATCH', `${path}/complete`, { as: mentor })).status).toBe(200);
  });

  await expectKept(world, promised);
  const keptAfter = performance.now() - startedAt;

  const scheduled = () =>
    new Set(spy.received.filter(({ event }) => event.type === 'session.scheduled').map(({ event }) => event.subject));
  const completed = () =>
    new Set(spy.received.filter(({ event }) => event.type === 'session.completed').map(({ event }) => event.subject));
  await eventually(() => scheduled().size === promised.length && completed().size === lived.length, {
    describe: 'the spy saw all',
  });
  expect([...scheduled()].toSorted()).toEqual(promised.map(({ sessionId }) => sessionId).toSorted());
  const sequences = Map.groupBy(firstCopies(spy.received), ({ event }) => event.subject);
  for (const { sessionId } of promised) {
    const types = sequences.get(sessionId)?.map(({ event }) => event.type);
    const whole = ['session.scheduled', 'session.started', 'session.completed'];
    expect(types).toEqual(lived.some((one) => one.sessionId === sessionId) ? whole : whole.slice(0, 1));
  }

  for (const consumer of consumers.running) {
    await consumer.waitReady(); // the last one started may not handle signals yet
    consumer.signal('SIGTERM');
    expect(await consumer.exited).toBe(0);
  }
  const wire = await openWire(world.stack.amqpUrl);
  expect(await wire.waiting()).toEqual({ queue: 0, dead: 0 });
  await wire.close();
  const copies = spy.received.length - sequences.values().reduce((sum, of) => sum + of.length, 0);
  process.stderr.write(
    `${promised.length} bookings accepted in ${Math.round(acceptedAfter)} ms, ${sizes.kills} × 3 kills; all published after ${Math.round(keptAfter)} ms; ${copies} copies on the wire\n`,
  );
}, 180_000);
