import type { Candidate, Job, Sample } from '../harness/job.ts';
import { perEvent, startMeter } from '../harness/measure/meter.ts';
import { memoryOf } from '../harness/measure/proc.ts';
import { onStage } from '../harness/on-stage.ts';
import type { Scale } from '../harness/scale.ts';
import type { Stage } from '../harness/stage.ts';
import { until } from '../harness/wait.ts';
import { emptyOutbox, insertCopies, outboxIsEmpty } from '../harness/waiting-rows.ts';
import type { World } from '../harness/world.ts';
import { assertClaimPlans } from './backlog/claim-plans.ts';
import { watchTenths } from './backlog/progress.ts';
import { flows, type Flow } from './flow/parts.ts';

const sizes: Record<Scale, number> = { smoke: 1_000, quick: 100_000, full: 300_000, long: 1_000_000 };
const WITHIN_MS = 1_200_000;

type Condition = { readonly name: string; readonly isAnOldTransactionOpen: boolean; readonly atLeast: number };

const conditions: readonly Condition[] = [
  { name: '', isAnOldTransactionOpen: false, atLeast: 0.85 },
  { name: ', an old transaction open', isAnOldTransactionOpen: true, atLeast: 0.65 },
];

/** Somebody's report that has seen the world as it was, and has not ended. */
const openOldTransaction = async ({ bookings }: Stage): Promise<() => Promise<void>> => {
  const client = await bookings.connect();
  await client.query('begin isolation level repeatable read');
  await client.query('select count(*) from bookings');
  return async () => {
    await client.query('rollback');
    client.release();
  };
};

const FEW: Record<Scale, number> = { smoke: 100, quick: 10_000, full: 10_000, long: 10_000 };

/** The outbox with its indexes, MiB. */
const sizeOf = async ({ bookings }: Stage): Promise<number> => {
  const { rows } = await bookings.query<{ bytes: string }>(`select pg_total_relation_size('outbox') as bytes`);
  return Number(rows[0]?.bytes) / 2 ** 20;
};

/** From the start of a relay until all that waits is out. */
const drain = async (world: World, stage: Stage, { flow, count }: { flow: Flow; count: number }) => {
  await stage.purge();
  await stage.bookings.query('analyze outbox');
  await world.checkpoint();
  const relay = await flow.start(stage, 'relay');
  try {
    const stop = startMeter(world, [relay.pid]);
    const memory = (): number => memoryOf(relay.pid);
    const tenths = await watchTenths({ total: count, done: stage.queued, memory }, WITHIN_MS);
    await until(() => outboxIsEmpty(stage.bookings), 30_000);
    return { ...perEvent(stop(), count), ...tenths };
  } finally {
    await relay.stop();
  }
};

const round = async (
  world: World,
  stage: Stage,
  { flow, condition }: { flow: Flow; condition: Condition },
): Promise<Sample> => {
  const [count, few] = [sizes[world.scale], FEW[world.scale]];
  const drainFew = async () => {
    await insertCopies(stage.bookings, few);
    return drain(world, stage, { flow, count: few });
  };
  await emptyOutbox(stage.bookings);
  const before = await drainFew();
  await emptyOutbox(stage.bookings);
  const fill = (): Promise<void> => insertCopies(stage.bookings, count);
  if (flow.kind === 'ours') await assertClaimPlans(stage, fill);
  else await fill();
  const full = await sizeOf(stage);
  const closeOld = condition.isAnOldTransactionOpen ? await openOldTransaction(stage) : undefined;
  const measured = await drain(world, stage, { flow, count });
  await closeOld?.();
  await stage.bookings.query('vacuum outbox'); // as autovacuum does within a minute
  const left = await sizeOf(stage);
  const after = await drainFew();
  return {
    ...measured,
    tenths: measured.lastTenth / measured.firstTenth,
    growth: measured.memory / before.memory,
    full,
    left,
    again: after.cpu / before.cpu,
  };
};

const candidate = (flow: Flow, condition: Condition): Candidate =>
  onStage(
    { name: `${flow.name}${condition.name}`, kind: flow.kind },
    { round: (world, stage) => round(world, stage, { flow, condition }) },
  );

const goalsOf = ({ name, atLeast }: Condition): Job['goals'] => {
  const ours = { of: `mentor-sessions${name}`, isAbsolute: true };
  return [
    { ...ours, metric: 'tenths', atLeast },
    { ...ours, metric: 'growth', atMost: 1.3 },
    { ...ours, metric: 'again', atMost: 1.2 },
  ];
};

export const backlogJob: Job = {
  name: 'backlog',
  title:
    'A large backlog out to the broker, with and without somebody’s old transaction open the whole time; the claim’s plans, made while the outbox was empty, are asserted: no sort, no sequential scan.',
  metrics: {
    rate: { title: 'rate', unit: 'events/s', isCharted: true },
    firstTenth: { title: 'first tenth', unit: 'events/s' },
    lastTenth: { title: 'last tenth', unit: 'events/s' },
    tenths: { title: 'last tenth of the first', unit: '×', isCharted: true },
    cpu: { title: 'CPU, all processes', unit: 'µs each' },
    memory: { title: 'peak memory, Node', unit: 'MiB' },
    firstMemory: { title: 'in the first tenth', unit: 'MiB' },
    lastMemory: { title: 'in the last tenth', unit: 'MiB' },
    growth: { title: 'peak memory, to that with 10,000 rows', unit: '×' },
    full: { title: 'outbox, full', unit: 'MiB' },
    left: { title: 'outbox afterwards, vacuumed', unit: 'MiB' },
    again: { title: 'CPU of 10,000 rows after it, to that before it', unit: '×' },
  },
  candidates: (scale) =>
    flows.flatMap((flow) =>
      (scale === 'smoke' ? conditions.slice(0, 1) : conditions).map((condition) => candidate(flow, condition)),
    ),
  goals: conditions.flatMap(goalsOf),
  isLong: true,
};
