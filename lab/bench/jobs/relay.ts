import { bookingAcceptedQueue, type Envelope } from '@mentor-sessions/contracts';
import {
  acceptances,
  anAcceptance,
  emptyOutbox,
  fillOutbox,
  insertOne,
  keepEvents,
  outboxIsEmpty,
} from '../harness/rows.ts';
import { atRate, until, watchArrivals } from '../harness/load.ts';
import type { Job, Sample } from '../harness/job.ts';
import { perEvent, perEventMetrics, startMeter } from '../harness/measure/meter.ts';
import { startScript, stopAll } from '../harness/processes.ts';
import type { Scale, World } from '../harness/world.ts';
import { onStage, type Stage } from '../harness/stage.ts';
import { percentiles } from '../harness/statistics.ts';
import { relayPeers, type Relay } from './relay/peers.ts';

const PER_SECOND = 50;

/** Commits single events at 50/s and returns for each the time (ms) from the response to the commit until it is delivered. */
const measureLatency = async (
  { broker }: Stage,
  commit: (event: Envelope) => Promise<void>,
  count: number,
): Promise<number[]> => {
  const committedAt = new Map<string, number>();
  const { arrivedAt, close } = await watchArrivals(broker, bookingAcceptedQueue.name);
  const warm = Math.ceil(count / 10);
  const events = Array.from({ length: warm + count }, (_, n) => anAcceptance(n));
  await atRate(PER_SECOND, events.length, async (n) => {
    const event = events[n] as Envelope;
    await commit(event);
    committedAt.set(event.id, performance.now());
  });
  await until(() => events.every(({ id }) => arrivedAt.has(id)), 30_000);
  await close();
  const arrived = events.slice(warm).filter(({ id }) => arrivedAt.has(id));
  return arrived.map(({ id }) => (arrivedAt.get(id) as number) - (committedAt.get(id) as number));
};

const sizes: Record<Scale, { rows: number; warm: number; single: number }> = {
  smoke: { rows: 300, warm: 20, single: 5 },
  quick: { rows: 10_000, warm: 1_000, single: 100 },
  full: { rows: 100_000, warm: 2_000, single: 200 },
  long: { rows: 100_000, warm: 2_000, single: 200 },
};

/** Beside peers: fast ones finish within seconds, slow ones are measured over a fixed time. */
const BESIDE_PEERS = { rows: 20_000 };
const SLOW = { warm: 5, single: 20 };

const sizeOf = (relay: Relay, scale: Scale, { rows }: { rows: number } = { rows: Infinity }) => ({
  ...sizes[scale],
  ...(relay.overSeconds ? SLOW : {}),
  rows: Math.min(sizes[scale].rows, rows),
});

const onOurTable: Pick<Relay, 'fill' | 'isEmpty' | 'empty' | 'insertOne'> = {
  fill: ({ bookings }, count, from) => fillOutbox(bookings, count, from),
  isEmpty: ({ bookings }) => outboxIsEmpty(bookings),
  empty: ({ bookings }) => emptyOutbox(bookings),
  insertOne: ({ bookings }, event) => insertOne(bookings, event),
};

const floor: Relay = {
  name: 'floor',
  kind: 'floor',
  ...onOurTable,
  start: async ({ stack: { bookings } }) => [
    await startScript('floor/relay.ts', { DATABASE_URL: bookings.databaseUrl, AMQP_URL: bookings.amqpUrl }),
  ],
};

const ours: Relay = {
  name: 'mentor-sessions',
  kind: 'ours',
  ...onOurTable,
  start: async (stage) => [await stage.start('bookings relay')],
};

const round = async (
  world: World,
  stage: Stage,
  { relay, size: { rows, warm, single } }: { relay: Relay; size: ReturnType<typeof sizeOf> },
): Promise<Sample> => {
  await relay.empty(stage);
  await stage.purge();
  const processes = await relay.start(stage);
  const isOut = async (count: number) => (await stage.queued()) >= count && (await relay.isEmpty(stage));
  try {
    await (
      await relay.fill(stage, warm, 0)
    )();
    await until(() => isOut(warm), 60_000);
    const show = await relay.fill(stage, rows, warm);
    await world.checkpoint();
    const before = await stage.queued();
    const stop = startMeter(world, processes);
    await show();
    const wasAll = await until(() => isOut(warm + rows), (relay.overSeconds ?? 600) * 1_000);
    const published = wasAll ? rows : (await stage.queued()) - before;
    const measured = stop();
    if (published === 0 || (!relay.overSeconds && published !== rows))
      throw new Error(`${published} of ${rows} events were published`);
    await relay.empty(stage);
    await stage.purge();
    const latencies = await measureLatency(stage, (event) => relay.insertOne(stage, event), single);
    return { ...perEvent(measured, published), ...percentiles('latency', latencies) };
  } finally {
    await stopAll(processes);
  }
};

const candidate = (relay: Relay, atMost?: { rows: number }) =>
  onStage(relay, {
    prepare: async (stage, { scale }) => {
      const { rows, warm } = sizeOf(relay, scale, atMost);
      await keepEvents(stage.bookings, acceptances(rows + warm));
      await relay.prepare?.(stage);
    },
    round: (world, stage) => round(world, stage, { relay, size: sizeOf(relay, world.scale, atMost) }),
    finish: async (stage) => relay.finish?.(stage),
  });

const metrics: Job['metrics'] = {
  ...perEventMetrics(),
  latencyP50: { title: 'commit to queue, p50', unit: 'ms', isCharted: true },
  latencyP90: { title: 'p90', unit: 'ms' },
  latencyP99: { title: 'p99', unit: 'ms' },
};

export const relayJob: Job = {
  name: 'relay',
  title:
    'Waiting outbox rows, from their commit until each is confirmed and moved; then single rows at 50/s, from commit to queue.',
  metrics,
  candidates: () => [floor, ours].map((relay) => candidate(relay)),
  goals: [
    { metric: 'rate', atLeast: 0.95 },
    { metric: 'latencyP50', atMost: 1.15 },
    { metric: 'cpu', atMost: 1.15 },
  ],
};

/** The same job, compared with other libraries. */
export const peersJob: Job = {
  name: 'peers',
  title: 'As relay, beside other libraries, with defaults and tuned.',
  metrics,
  candidates: () => [floor, ours, ...relayPeers].map((relay) => candidate(relay, BESIDE_PEERS)),
  goals: relayPeers.map(({ name }) => ({ metric: 'rate', to: name, atLeast: 1 })),
  leftOutOf: ['smoke', 'quick'],
};
