import { acceptances } from '../harness/events.ts';
import type { Candidate, Job, Sample } from '../harness/job.ts';
import { perEvent, startMeter } from '../harness/measure/meter.ts';
import { stopAll } from '../harness/processes.ts';
import type { Scale } from '../harness/scale.ts';
import { openStage, type Stage } from '../harness/stage.ts';
import { emptyOutbox, fillOutbox, keepEvents } from '../harness/waiting-rows.ts';
import type { World } from '../harness/world.ts';
import { assertClaimPlans } from './backlog/claim-plans.ts';
import { watchTenths } from './backlog/progress.ts';
import { flows, type Flow } from './flow/parts.ts';

const sizes: Record<Scale, number> = { smoke: 1_000, quick: 100_000, full: 300_000, long: 1_000_000 };
const WITHIN_MS = 1_200_000;

type Condition = { readonly name: string; readonly isAnOldTransactionOpen: boolean };

const conditions: readonly Condition[] = [
  { name: '', isAnOldTransactionOpen: false },
  { name: ', an old transaction open', isAnOldTransactionOpen: true },
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

const megabytesOf = async ({ bookings }: Stage, table: string): Promise<number> => {
  await bookings.query(`vacuum ${table}`);
  const { rows } = await bookings.query<{ bytes: string }>('select pg_total_relation_size($1) as bytes', [table]);
  return Number(rows[0]?.bytes) / 2 ** 20;
};

const round = async (
  world: World,
  stage: Stage,
  { flow, condition }: { flow: Flow; condition: Condition },
): Promise<Sample> => {
  const count = sizes[world.scale];
  await emptyOutbox(stage.bookings);
  await stage.purge();
  const fill = async (): Promise<void> => (await fillOutbox(stage.bookings, count))();
  if (flow.kind === 'ours') await assertClaimPlans(stage, fill);
  else await fill();
  await stage.bookings.query('analyze outbox');
  await world.checkpoint();
  const closeOld = condition.isAnOldTransactionOpen ? await openOldTransaction(stage) : undefined;
  const relay = await flow.start(stage, 'relay');
  try {
    const stop = startMeter(world, [relay.pid]);
    const tenths = await watchTenths(count, stage.queued, WITHIN_MS);
    const measured = perEvent(stop(), count);
    await closeOld?.();
    const tables = await megabytesOf(stage, 'outbox');
    return { ...measured, ...tenths, tenths: tenths.lastTenth / tenths.firstTenth, outbox: tables };
  } finally {
    await stopAll([relay]);
  }
};

const candidate = (flow: Flow, condition: Condition): Candidate => ({
  name: `${flow.name}${condition.name}`,
  kind: flow.kind,
  setUp: async (world) => {
    const stage = await openStage();
    await keepEvents(stage.bookings, acceptances(sizes[world.scale]));
    return { round: () => round(world, stage, { flow, condition }), tearDown: stage.close };
  },
});

const goal = (to: number, { name }: Condition): Job['goals'][number] => ({
  metric: 'tenths',
  of: `mentor-sessions${name}`,
  isAbsolute: true,
  atLeast: to,
});

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
    outbox: { title: 'outbox afterwards, vacuumed', unit: 'MiB' },
  },
  candidates: (scale) =>
    flows.flatMap((flow) =>
      (scale === 'smoke' ? conditions.slice(0, 1) : conditions).map((condition) => candidate(flow, condition)),
    ),
  goals: conditions.map((condition, n) => goal([0.85, 0.65][n] as number, condition)),
  isLong: true,
};
