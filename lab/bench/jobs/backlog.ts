import { databaseName } from '@mentor-sessions/local-stack/databases';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { setTimeout as pause } from 'node:timers/promises';
import type { Candidate, Job, Sample } from '../harness/job.ts';
import { perEvent, startMeter } from '../harness/measure/meter.ts';
import { memoryOf } from '../harness/measure/proc.ts';
import { onStage, type Stage } from '../harness/stage.ts';
import type { Scale, World } from '../harness/world.ts';
import { until } from '../harness/load.ts';
import { emptyOutbox, insertCopies, outboxIsEmpty } from '../harness/rows.ts';
import { flows, type Flow } from './flow.ts';

/** As the administrator: only superusers can log the plans of statements inside a function. */
const connectedAsAdministrator = ({ stack }: Stage) => {
  const url = new URL(testBacking().postgres.adminUrl);
  url.pathname = `/${databaseName(stack.bookings.databaseUrl)}`;
  return connected(url.href);
};

/**
 * Prepares the claim while the outbox is empty and checks its plans when it is full (`fill`). Throws if one sorts the
 * backlog or scans it sequentially.
 */
const assertClaimPlans = async (stage: Stage, fill: () => Promise<void>): Promise<void> => {
  const client = await connectedAsAdministrator(stage);
  const plans: string[] = [];
  client.on('notice', ({ message = '' }) => plans.push(message));
  try {
    await client.query("load 'auto_explain'");
    await client.query(`set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
      set client_min_messages = log`);
    const claim = (): Promise<unknown> => client.query('begin; select count(*) from outbox_claim(500); rollback');
    await claim();
    await fill();
    plans.length = 0;
    await claim();
    const ofOutbox = plans.filter((plan) => /on outbox\b/.test(plan) && !plan.includes('generate_series'));
    if (ofOutbox.length === 0) throw new Error('no plan of the claim was told');
    const bad = ofOutbox.find((plan) => /Seq Scan|Sort/.test(plan));
    if (bad) throw new Error(`the claim sorts or scans:\n${bad}`);
  } finally {
    await client.end();
  }
};

type Point = { readonly done: number; readonly at: number; readonly memory: number };
type Work = { readonly total: number; readonly done: () => Promise<number>; readonly memory: () => number };

/** Samples progress and memory until all are published; returns rate (per second) and peak memory of the first and the last tenth. */
const watchTenths = async ({ total, done, memory }: Work, withinMs: number) => {
  const began = performance.now();
  const points: Point[] = [];
  const note = async (): Promise<unknown> =>
    points.push({ done: Math.min(total, await done()), at: performance.now(), memory: memory() });
  await note();
  while ((points.at(-1)?.done ?? 0) < total) {
    await pause(50);
    await note();
    if (performance.now() - began > withinMs) throw new Error(`${points.at(-1)?.done} of ${total} are out`);
  }
  const [first, last] = [between(points, 0, total / 10), between(points, (9 * total) / 10, total)];
  return { firstTenth: rateOf(first), lastTenth: rateOf(last), firstMemory: mostOf(first), lastMemory: mostOf(last) };
};

/** The samples that enclose the two counts. */
const between = (points: readonly Point[], from: number, to: number): Point[] =>
  points.slice(
    Math.max(
      0,
      points.findLastIndex(({ done }) => done <= from),
    ),
    points.findIndex(({ done }) => done >= to) + 1,
  );

const rateOf = (points: readonly Point[]): number => {
  const [first, last] = [points[0] as Point, points.at(-1) as Point];
  return ((last.done - first.done) * 1_000) / (last.at - first.at);
};

const mostOf = (points: readonly Point[]): number => Math.max(...points.map(({ memory }) => memory));

const sizes: Record<Scale, number> = { smoke: 1_000, quick: 100_000, full: 300_000, long: 1_000_000 };
const WITHIN_MS = 1_200_000;

type Condition = { readonly name: string; readonly isAnOldTransactionOpen: boolean; readonly atLeast: number };

const conditions: readonly Condition[] = [
  { name: '', isAnOldTransactionOpen: false, atLeast: 0.85 },
  { name: ', an old transaction open', isAnOldTransactionOpen: true, atLeast: 0.65 },
];

/** An old snapshot, such as a long report's, that keeps VACUUM from removing rows. */
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

/** From the start of a relay until the outbox is empty. */
const drain = async (world: World, stage: Stage, { flow, count }: { flow: Flow; count: number }) => {
  await stage.purge();
  await stage.bookings.query('analyze outbox');
  await world.checkpoint();
  const relay = await flow.start(stage, 'relay');
  try {
    const stop = startMeter(world, [relay]);
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
  title: 'A large backlog, published with and without an old transaction open.',
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
