import { bookingAcceptedQueue, eventsExchange } from '@mentor-sessions/contracts';
import { connect } from 'amqplib';
import { acceptances } from '../harness/events.ts';
import type { Job, Sample } from '../harness/job.ts';
import { perEvent, perEventMetrics, startMeter } from '../harness/measure/meter.ts';
import { stopAll, type Process } from '../harness/processes.ts';
import type { Scale } from '../harness/scale.ts';
import { openStage, type Stage } from '../harness/stage.ts';
import { until } from '../harness/wait.ts';
import type { World } from '../harness/world.ts';
import { flows } from './flow/parts.ts';
import { countSessions, emptySessions } from './flow/tables.ts';

export type Size = { readonly messages: number; readonly warm: number };

// a process has its code compiled during the first 20,000 messages or so, which cost twice what the later ones do
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
  /** Messages in all, and those before the meter starts. */
  readonly size: Size;
  readonly start: () => Promise<readonly C[]>;
  /** What else to tell of the round, while they still run. */
  readonly fairness?: (consumers: readonly C[]) => Promise<Sample>;
};

/** One round: messages that wait, and as many consumers as are started, until all sessions are there. */
export const consumeAll = async <C extends Process>(
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
    const pids = consumers.map(({ pid }) => pid);
    const stop = startMeter(world, pids);
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
  title: `Messages that wait in ${bookingAcceptedQueue.name}, each into a session with its event: one consumer, nothing else running.`,
  metrics: perEventMetrics(),
  candidates: () =>
    flows.map((flow) => ({
      name: flow.name,
      kind: flow.kind,
      setUp: async (world) => {
        const stage = await openStage();
        const size = sizes[world.scale];
        const start = async () => [await flow.start(stage, 'consumer')];
        return { round: () => consumeAll(world, stage, { size, start }), tearDown: stage.close };
      },
    })),
  goals: [
    { metric: 'rate', atLeast: 0.7 },
    { metric: 'cpu', atMost: 1.4 },
  ],
};
