import { markdownTable } from '@mentor-sessions/lab/generated-part';
import type { Goal, Job } from '../job.ts';
import type { Measurements } from '../rounds.ts';
import { summarise, type Summary } from '../statistics.ts';

export type Row = {
  readonly name: string;
  readonly kind: 'floor' | 'ours' | 'peer';
  readonly metrics: Readonly<Record<string, Summary>>;
};

export type GoalReached = {
  readonly goal: string;
  readonly metric: string;
  /** As in the goal: `≥ 0.7×`. */
  readonly bound: string;
  /** Ours to the floor, in a job that has only these two. */
  readonly isToTheFloor: boolean;
  readonly ratio: number;
  /** The least and the greatest ratio of a round. */
  readonly spread: readonly [number, number];
  readonly reached: boolean;
};

export const rowsOf = ({ job, candidates }: Measurements): Row[] =>
  candidates.map(({ name, kind, samples }) => {
    const metrics = Object.keys(job.metrics).flatMap((key) => {
      const values = samples.flatMap((sample) => (Number.isFinite(sample[key]) ? [sample[key] as number] : []));
      return values.length > 0 ? [[key, summarise(values)] as const] : [];
    });
    return { name, kind, metrics: Object.fromEntries(metrics) };
  });

export const goalsOf = ({ job, candidates }: Measurements): GoalReached[] =>
  job.goals.flatMap((goal) => {
    const find = (wanted: string | undefined, kind: string) =>
      candidates.find(({ name, kind: of }) => (wanted ? name === wanted : of === kind));
    const ours = find(goal.of, 'ours');
    const other = goal.isAbsolute ? ours : find(goal.to, 'floor');
    const pairs = (ours?.samples ?? []).flatMap((sample, n) => {
      const [a, b] = [sample[goal.metric], goal.isAbsolute ? 1 : other?.samples[n]?.[goal.metric]];
      return Number.isFinite(a) && Number.isFinite(b) ? [{ a: a as number, b: b as number }] : [];
    });
    if (pairs.length === 0 || !ours || !other) return [];
    const ratio = summarise(pairs.map(({ a }) => a)).median / summarise(pairs.map(({ b }) => b)).median;
    const { least, most } = summarise(pairs.map(({ a, b }) => a / b));
    const reached = 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost;
    return [
      {
        goal: say(job, goal, [ours.name, other.kind === 'peer' ? 'each peer' : other.name]),
        metric: goal.metric,
        bound: `${boundOf(goal)}${goal.isAbsolute ? '' : '×'}`,
        isToTheFloor: !goal.isAbsolute && candidates.length === 2 && other.kind === 'floor',
        ratio,
        spread: [least, most] as const,
        reached,
      },
    ];
  });

const boundOf = (goal: Goal): string => ('atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`);

/** Names the candidate unless it is ours. */
const about = (name: string): string =>
  name === 'mentor-sessions' ? '' : `, ${name.replace('mentor-sessions, ', '')}`;

const say = ({ metrics }: Job, goal: Goal, [ours, other]: readonly [string, string]): string => {
  const bound = boundOf(goal);
  const title = metrics[goal.metric]?.title ?? goal.metric;
  return goal.isAbsolute
    ? `${title}${about(ours)} ${bound} ${metrics[goal.metric]?.unit}`.replace(/ ×$/, '×')
    : `${title}${about(ours)} ${bound}× ${other}`;
};

export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
};

const transposed = (table: readonly (readonly string[])[]): string[][] =>
  (table[0] ?? []).map((_, column) => table.map((row) => row[column] ?? ''));

/** Medians by candidate and metric; the charts also show the minimum and maximum of the rounds. */
export const metricsTable = ({ metrics }: Pick<Job, 'metrics'>, rows: readonly Row[]): string => {
  const keys = Object.keys(metrics).filter((key) => rows.some((row) => row.metrics[key]));
  const cell = (row: Row, key: string): string => (row.metrics[key] ? figure(row.metrics[key].median) : '');
  const table = [
    ['', ...keys.map((key) => `${metrics[key]?.title} (${metrics[key]?.unit})`)],
    ...rows.map((row) => [row.kind === 'ours' ? `**${row.name}**` : row.name, ...keys.map((key) => cell(row, key))]),
  ];
  // the longer dimension becomes the rows
  const [titles = [], ...body] = keys.length > rows.length ? transposed(table) : table;
  return markdownTable(titles, body);
};

/** Ratio of medians (or the value itself), in parentheses the minimum and maximum. One goal of several metrics is one line. */
export const goalsTable = (goals: readonly GoalReached[]): string =>
  markdownTable(
    ['goal', 'reached'],
    Array.from(
      Map.groupBy(goals, ({ goal }) => goal),
      ([goal, those]) => [goal, reachedByAll(those)],
    ),
  );

/** Floor, ours and the goal, for a job that has nothing else. Only metrics with a chart or a goal. */
export const tableBesideFloor = (
  { metrics }: Pick<Job, 'metrics'>,
  rows: readonly Row[],
  goals: readonly GoalReached[],
): string => {
  const goalOf = (key: string): GoalReached | undefined => goals.find(({ metric }) => metric === key);
  const keys = Object.keys(metrics).filter((key) => metrics[key]?.isCharted || goalOf(key));
  const lines = keys.map((key) => {
    const goal = goalOf(key);
    const values = rows.map((row) => (row.metrics[key] ? figure(row.metrics[key].median) : ''));
    return [
      `${metrics[key]?.title} (${metrics[key]?.unit})`,
      ...values,
      ...(goal ? [goal.bound, reachedBy(goal)] : ['', '']),
    ];
  });
  return markdownTable(['', ...rows.map(({ name }) => name), 'goal', 'ratio'], lines);
};

const reachedByAll = (those: readonly GoalReached[]): string => {
  if (those.length < 3 || those.some(({ reached }) => !reached)) return those.map(reachedBy).join('; ');
  const ratios = those.map(({ ratio }) => ratio);
  return `${figure(Math.min(...ratios))}–${figure(Math.max(...ratios))}`;
};

const reachedBy = ({ ratio, spread: [least, most], reached }: GoalReached): string => {
  const spread = least === most ? '' : ` (${figure(least)}–${figure(most)})`;
  return `${figure(ratio)}${spread}${reached ? '' : ' **missed**'}`;
};
