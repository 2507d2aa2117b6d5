import { randomUUID } from 'node:crypto';
import { bookingAcceptedQueue, sessionEventsQueue } from '@mentor-sessions/contracts';
import { largestMessage } from '@mentor-sessions/local-stack/native-rabbitmq';
import { aMessage } from '../../e2e/a-message.ts';
import { stateOf, unbindSpy, withChannel } from '../evidence/spy.ts';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { memoryLimit, MIB, watchMemory } from '../world/memory-limit.ts';
import { services } from '../world/roles.ts';
import { withBrokerSetting } from './broker.ts';
import { countOf, deaths, expectWithin, metricOf, pauseWorkers, until } from './steps.ts';

const workers = ['bookings relay', 'sessions consumer', 'sessions relay', 'bookings consumer'] as const;
const PEAK_MIB = 220;

const limited = () => ({
  roles: Object.fromEntries(workers.map((name) => [name, { under: memoryLimit().under }])),
  load: { bookings: 40, perSecond: 4 },
});

/** The largest request that the API accepts: ASCII that JSON must escape, or characters of four bytes. */
const largest = (character: string, count: number) => {
  const metadata = Object.fromEntries(Array.from({ length: 20 }, (_, key) => [`${key}`, character.repeat(count)]));
  return aMessage({ notes: character.repeat(count * 3), metadata });
};
const ascii = () => largest('\u0001', 450);
const fourBytes = () => largest('👩', 500);

const ids = `select gen_random_uuid() as message, gen_random_uuid() as booking, gen_random_uuid() as session, n
  from generate_series(1, $1::integer) n`;

/** Writes events to the outbox as an acceptance does, for bookings that only the test knows. */
const accept = async (
  { rows, doings }: FaultWorld,
  made: ReturnType<typeof aMessage>,
  count: number,
): Promise<void> => {
  const { id, data } = made;
  const CHUNK = 500;
  for (let done = 0; done < count; done += CHUNK) {
    const accepted = await rows.bookings.query<{ booking: string }>(
      `with ids as (${ids}), written as (
         insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
         select message, booking, 2, 'booking.accepted', n % 16,
           replace(replace(replace($2::text, $3, message::text), $4, booking::text), $5, session::text)::json from ids)
       select booking from ids`,
      [Math.min(CHUNK, count - done), JSON.stringify(made), id, data.bookingId, data.sessionId],
    );
    for (const { booking } of accepted) doings.ownBookings.add(booking);
  }
};

/** Registers them as the test's own, since no booking explains them. */
const disown = async ({ rows, doings }: FaultWorld): Promise<void> => {
  const sql = 'delete from outbox_published where aggregate_id = any($1::uuid[]) returning message_id as id';
  for (const { id } of await rows.bookings.query<{ id: string }>(sql, [[...doings.ownBookings]]))
    doings.ownMessages.add(id);
};

const deathsOf = (world: FaultWorld): number => deaths(workers.flatMap((role) => world.roles(role)));

const duplicatesOf = (world: FaultWorld): Promise<number> =>
  metricOf(world.role('sessions consumer'), /consumer_messages_total\{[^}]*outcome="duplicate"[^}]*\}/);

const waitingIn = async (world: FaultWorld, queue: string): Promise<number> =>
  (await stateOf(world.stack.amqpUrl, queue))?.ready ?? 0;

/** For each step of a backlog. */
const within = 240_000;

const drained = async (world: FaultWorld, made: ReturnType<typeof aMessage>, count: number): Promise<string> => {
  const { name } = bookingAcceptedQueue;
  const mib = (Buffer.byteLength(JSON.stringify(made)) * count) / MIB;
  await world.workload.more(10);
  world.doings.wireHasGaps = true;
  await unbindSpy(world.stack.amqpUrl); // it would store them all, and so would the evidence
  await pauseWorkers(world, 'relay', true);
  await pauseWorkers(world, 'consumer', true);
  await accept(world, made, count);
  const sessions = () => countOf(world, 'sessions', 'sessions');
  const before = await sessions();
  const diedBefore = deathsOf(world);
  const memory = watchMemory(world, workers);
  await pauseWorkers(world, 'relay', false);
  const waiting = () => waitingIn(world, name);
  await expectWithin(world, within, 'the relay publishes all of them', async () => (await waiting()) >= count, waiting);
  await pauseWorkers(world, 'consumer', false);
  const areIn = async () => (await sessions()) >= before + count;
  await expectWithin(world, within, 'each becomes a session', areIn, sessions);
  const isTold = async () =>
    (await countOf(world, 'sessions', 'outbox')) === 0 && (await waitingIn(world, sessionEventsQueue.name)) === 0;
  await expectWithin(world, within, 'the event of each is published', isTold);
  const peaks = await memory.end();
  const copies = await duplicatesOf(world);
  const said = [...peaks].map(([role, peak]) => `${role} ${peak}`).join(', ');
  world.expect(deathsOf(world) === diedBefore, 'no process is killed', said);
  world.expect(
    [...peaks.values()].every((peak) => peak <= PEAK_MIB),
    `no role takes more than ${PEAK_MIB} MiB`,
    said,
  );
  world.expect(copies <= count / 100, 'copies are at most 1 %', copies);
  await disown(world);
  return `${count} messages, ${Math.round(mib)} MiB; peaks in MiB: ${said}; ${copies} copies`;
};

type Backlog = Pick<Fault, 'id' | 'name'> & {
  readonly what: string;
  readonly made: () => ReturnType<typeof aMessage>;
  readonly count: number;
};

const backlog = ({ what, made, count, ...about }: Backlog): Fault => ({
  ...about,
  promise: 'no process is killed at 256 MiB or uses more than 220; at most 1 % duplicates',
  how: `${what} wait in the outbox, then in the queue, while relay and consumer are paused; each role in a group of 256 MiB`,
  setting: limited,
  run: (world) => drained(world, made(), count),
});

const backlogs: readonly Fault[] = [
  backlog({
    id: 'F43',
    name: '10,000 acceptances of the largest legal size wait',
    what: '10,000 rows of 63 KB, most of it escapes',
    made: ascii,
    count: 10_000,
  }),
  backlog({
    id: 'F43 four bytes',
    name: 'in four-byte characters',
    what: '10,000 rows of 47 KB',
    made: fourBytes,
    count: 10_000,
  }),
  backlog({
    id: 'F43 small',
    name: '1,000 acceptances',
    what: '1,000 rows of 63 KB',
    made: ascii,
    count: 1_000,
  }),
];

const HUGE = 100 * MIB;

/** Publishes directly to the queues, including the dead ones, as a sender with a stolen password could. */
const sendTo = async (world: FaultWorld, queue: string, body: Buffer): Promise<string> => {
  const messageId = randomUUID();
  const userId = queue.startsWith('sessions') ? 'bookings' : 'sessions';
  await withChannel(world.stack.amqpUrl, (channel) => {
    channel.sendToQueue(queue, body, { messageId, userId, persistent: true });
    return channel.waitForConfirms();
  });
  return messageId;
};

const hugeMessages: Fault = {
  id: 'F43 huge',
  name: 'a body of 100 MiB, and one of the shipped max_message_size, on each queue and dead queue',
  promise: 'each is a dead letter, no process is killed at 256 MiB',
  how: 'blanks, the larger ones past a broker whose limit was raised; each role in a group of 256 MiB',
  setting: limited,
  run: async (world) => {
    await world.workload.more(10);
    const diedBefore = deathsOf(world);
    const memory = watchMemory(world, workers);
    await withBrokerSetting(world, 'max_message_size', 128 * MIB, async () => {
      for (const { name, deadQueue } of [bookingAcceptedQueue, sessionEventsQueue]) {
        for (const bytes of [largestMessage, HUGE]) {
          const reason = bytes > largestMessage ? 'too-large' : 'malformed';
          world.doings.poisoned.set(await sendTo(world, name, Buffer.alloc(bytes, ' ')), [reason]);
          world.doings.poisoned.set(await sendTo(world, deadQueue, Buffer.alloc(bytes, ' ')), ['sent-to-dead-queue']);
        }
      }
    });
    const kept = async (): Promise<number> => {
      const ids = [[...world.doings.poisoned.keys()]];
      const ofEach = services.map((service) => countOf(world, service, 'dead_letters where message_id = any($1)', ids));
      return (await Promise.all(ofEach)).reduce((sum, count) => sum + count, 0);
    };
    await until(async () => (await kept()) === world.doings.poisoned.size, 60_000);
    const peaks = await memory.end();
    const said = [...peaks].map(([role, peak]) => `${role} ${peak}`).join(', ');
    const died = deathsOf(world) - diedBefore;
    world.expect(died === 0, 'no process is killed', { died, said });
    return `${await kept()} of ${world.doings.poisoned.size} kept; peaks in MiB: ${said}`;
  },
};

export const memory: readonly Fault[] = [...backlogs, hugeMessages];
