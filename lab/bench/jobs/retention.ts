import type { Candidate, Job, Sample } from '../harness/job.ts';
import type { Scale, World } from '../harness/world.ts';
import { openStage, type Stage } from '../harness/stage.ts';
import { measureCosts, DAY_MS, liveThrough, openRetention, assertWindow, readSizes } from './retention-tables.ts';

type Size = { readonly perDay: number; readonly keepDays: number; readonly days: readonly number[]; rows: number };

/** Days to report; on the second of them the window is full for the first time. */
const sizes: Record<Scale, Size> = {
  smoke: { perDay: 80, keepDays: 2, days: [1, 2, 5], rows: 50 },
  quick: { perDay: 2_000, keepDays: 7, days: [1, 7, 20, 30], rows: 500 },
  full: { perDay: 100_000, keepDays: 30, days: [1, 30, 50, 75, 100], rows: 20_000 },
  long: { perDay: 100_000, keepDays: 30, days: [1, 30, 50, 75, 100], rows: 20_000 },
};

/** All steps share one stage, which the last one closes. */
type History = { stage: Stage; retention: ReturnType<typeof openRetention>; begin: number; day: number };

const openHistory = async ({ keepDays }: Size): Promise<History> => {
  const stage = await openStage();
  // what is written at the real time is older than the window of every simulated day
  const begin = (Math.floor(Date.now() / DAY_MS) + keepDays + 2) * DAY_MS;
  return { stage, retention: openRetention(stage, keepDays), begin, day: 0 };
};

const closeHistory = async ({ stage, retention }: History): Promise<void> => {
  await retention.close();
  await stage.close();
};

const mostOf = (a: Sample, b: Sample): Sample =>
  Object.fromEntries(Object.keys(b).map((key) => [key, Math.max(a[key] ?? 0, b[key] ?? 0)]));

/** Simulates until that day; returns the largest sizes, the mean pass of the last day, and the cost of statements then. */
const liveUntil = async (
  world: World,
  history: History,
  { size, day }: { size: Size; day: number },
): Promise<Sample> => {
  const { stage, retention } = history;
  let most: Sample = {};
  let passes: number[] = [];
  const pass = async (at: Date): Promise<void> => {
    const began = performance.now();
    await retention.pass(at);
    passes.push(performance.now() - began);
  };
  for (; history.day < day; history.day += 1) {
    passes = [];
    await liveThrough(stage, { begin: new Date(history.begin + history.day * DAY_MS), events: size.perDay, pass });
    most = mostOf(most, await readSizes(stage));
  }
  await assertWindow(stage, Math.min(day, size.keepDays), size.perDay);
  await world.checkpoint();
  const costs = await measureCosts(world, stage, { rows: size.rows, at: new Date(history.begin + day * DAY_MS) });
  return { ...most, pass: passes.reduce((sum, ms) => sum + ms, 0) / passes.length, ...costs };
};

const nameOf = ({ perDay }: Size, day: number): string => `${(day * perDay).toLocaleString('en')} events`;

const steps = (size: Size): Candidate[] => {
  let history: History | undefined;
  const close = async (): Promise<void> => {
    if (history) await closeHistory(history);
    history = undefined;
  };
  return size.days.map((day) => ({
    name: nameOf(size, day),
    kind: 'ours',
    setUp: async (world) => ({
      round: async () => {
        if (day === size.days[0]) await close();
        history ??= await openHistory(size);
        return liveUntil(world, history, { size, day });
      },
      tearDown: close,
    }),
  }));
};

const bounded = ['outbox_published', 'inbox', 'idempotency_keys'];

export const retentionJob: Job = {
  name: 'retention',
  title:
    '100,000 events a day, kept for 30 days: the largest size of the sessions tables with their indexes. The window is full at 3,000,000.',
  metrics: {
    outbox_published: { title: 'outbox_published', unit: 'MiB', isCharted: true },
    inbox: { title: 'inbox', unit: 'MiB', isCharted: true },
    inbox_indexes: { title: 'of it indexes', unit: 'MiB' },
    idempotency_keys: { title: 'idempotency_keys', unit: 'MiB', isCharted: true },
    dead: { title: 'dead rows', unit: 'rows' },
    pass: { title: 'pass of retention, every three hours', unit: 'ms' },
    claimCpu: { title: 'claim and move, CPU of PostgreSQL', unit: 'µs a row' },
    claimMs: { title: '500 rows', unit: 'ms' },
    inboxCpu: { title: 'inbox insert, CPU of PostgreSQL', unit: 'µs a row' },
    inboxMs: { title: '250 rows', unit: 'ms' },
  },
  candidates: (scale) => steps(sizes[scale]),
  goals: [sizes.long, sizes.quick].flatMap((size) =>
    [
      ...bounded.map((metric) => ({ metric, atMost: 1.1 })),
      { metric: 'claimCpu', atMost: 1.2 },
      { metric: 'inboxCpu', atMost: 1.2 },
    ].map((goal) => ({
      ...goal,
      of: nameOf(size, size.days.at(-1) as number),
      to: nameOf(size, size.days[1] as number),
    })),
  ),
  rounds: { full: 1 },
  isLong: true,
};
