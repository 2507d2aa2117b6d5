import { bookingAcceptedQueue, eventsExchange } from '@mentor-sessions/contracts';
import { connect } from 'amqplib';
import { acceptances } from '../harness/rows.ts';
import type { Job, Sample } from '../harness/job.ts';
import { perEvent, perEventMetrics, startMeter } from '../harness/measure/meter.ts';
import { stopAll, type Process } from '../harness/processes.ts';
import type { Scale, World } from '../harness/world.ts';
import { onStage, type Stage, type Work } from '../harness/stage.ts';
import { until } from '../harness/load.ts';
import { flows, countSessions, emptySessions } from './flow.ts';

/** Sum of a counter over the series with this label, from /metrics of a process. */
const counterOf = async (adminUrl: string, counter: string, label: string): Promise<number> => {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(counter) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};

/** Share of the least busy replica, relative to an even distribution: 1 is even, 0 is idle. */
export const leastShare = async (
  replicas: readonly { readonly adminUrl: string }[],
  counter: string,
  label: string,
): Promise<number> => {
  const counts = await Promise.all(replicas.map(({ adminUrl }) => counterOf(adminUrl, counter, label)));
  return (Math.min(...counts) * counts.length) / counts.reduce((sum, count) => sum + count, 0);
};

export type Size = { readonly messages: number; readonly warm: number };

// V8 compiles the code during the first 20,000 messages or so, which cost twice as much as later ones
const sizes: Record<Scale, Size> = {
  smoke: { messages: 200, warm: 20 },
  quick: { messages: 10_000, warm: 2_000 },
  full: { messages: 60_000, warm: 20_000 },
  long: { messages: 60_000, warm: 20_000 },
};

const CHUNK = 1_000;

/** Messages as the bookings service sends them. */
const fillQueue = async ({ stack }: Stage, count: number): Promise<void> => {
  const connection = await connect(stack.bookings.amqpUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  const common = { persistent: true, contentType: 'application/cloudevents+json' };
  const userId = decodeURIComponent(new URL(stack.bookings.amqpUrl).username);
  const events = acceptances(count);
  for (let from = 0; from < count; from += CHUNK) {
    for (const event of events.slice(from, from + CHUNK)) {
      const properties = { ...common, userId, messageId: event.id, type: event.type };
      channel.publish(eventsExchange.name, event.type, Buffer.from(JSON.stringify(event)), properties);
    }
    await channel.waitForConfirms();
  }
  await connection.close();
};

type Consuming<C extends Process> = {
  /** All messages, and those before the measurement. */
  readonly size: Size;
  readonly start: () => Promise<readonly C[]>;
  /** Further metrics, read while the consumers still run. */
  readonly fairness?: (consumers: readonly C[]) => Promise<Sample>;
};

/** One round: fills the queue, starts the consumers, and waits until all sessions exist. */
const consumeAll = async <C extends Process>(
  world: World,
  stage: Stage,
  { size: { messages, warm }, start, fairness }: Consuming<C>,
): Promise<Sample> => {
  await emptySessions(stage);
  await fillQueue(stage, messages);
  await world.checkpoint();
  const consumers = await start();
  try {
    await until(async () => (await stage.queued()) <= messages - warm, 300_000);
    const before = await countSessions(stage.sessions);
    const stop = startMeter(world, consumers);
    const isDone = async () => (await stage.queued()) === 0 && (await countSessions(stage.sessions)) === messages;
    if (!(await until(isDone, 300_000)))
      throw new Error(`${await countSessions(stage.sessions)} of ${messages} sessions`);
    const measured = perEvent(stop(), messages - before);
    return { ...measured, ...(await fairness?.(consumers)) };
  } finally {
    await stopAll(consumers);
  }
};

export const consumerJob: Job = {
  name: 'consumer',
  title: `Messages waiting in ${bookingAcceptedQueue.name}, each into a session with its event, by one consumer.`,
  metrics: perEventMetrics(),
  candidates: () =>
    flows.map((flow) =>
      onStage(flow, {
        round: (world, stage) =>
          consumeAll(world, stage, {
            size: sizes[world.scale],
            start: async () => [await flow.start(stage, 'consumer')],
          }),
      }),
    ),
  goals: [
    { metric: 'rate', atLeast: 0.9 },
    { metric: 'cpu', atMost: 1.15 },
  ],
};

/**
 * The same total for one and for eight, since an event costs PostgreSQL half as much again with a hundred thousand rows in
 * its tables. Enough are consumed before the measurement that V8 has compiled the code of all eight.
 */
const replicaSizes: Record<Scale, Size> = {
  smoke: { messages: 200, warm: 20 },
  quick: { messages: 20_000, warm: 10_000 },
  full: { messages: 130_000, warm: 100_000 },
  long: { messages: 130_000, warm: 100_000 },
};

type Replicated = Pick<Job, 'name' | 'title'> & {
  readonly noun: string;
  readonly work: (replicas: number) => Work;
};

/** One process of a role beside several: their CPU for each event, and the share of the least busy one. */
export const replicasJob = ({ noun, work, ...about }: Replicated): Job => {
  const nameOf = (replicas: number): string => `${replicas} ${noun}${replicas === 1 ? '' : 's'}`;
  return {
    ...about,
    metrics: { ...perEventMetrics(), leastShare: { title: 'least share', unit: 'of an even one' } },
    candidates: (scale) =>
      (scale === 'smoke' ? [1, 2] : [1, 2, 4, 8]).map((replicas) =>
        onStage({ name: nameOf(replicas), kind: 'ours' }, work(replicas)),
      ),
    goals: [
      { metric: 'cpu', of: nameOf(8), to: nameOf(1), atMost: 1.2 },
      { metric: 'leastShare', of: nameOf(8), isAbsolute: true, atLeast: 0.1 },
    ],
    leftOutOf: ['quick'],
  };
};

export const consumerReplicasJob = replicasJob({
  name: 'consumer-replicas',
  title: 'As consumer, by one and by several.',
  noun: 'consumer',
  work: (replicas) => ({
    round: (world, stage) =>
      consumeAll(world, stage, {
        size: replicaSizes[world.scale],
        start: () => Promise.all(Array.from({ length: replicas }, () => stage.start('sessions consumer'))),
        fairness: async (consumers) => ({
          leastShare: await leastShare(consumers, 'consumer_messages_total', 'handled'),
        }),
      }),
  }),
});
