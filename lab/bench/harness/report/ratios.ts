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
  readonly ratio: number;
  /** The same ratio, round by round: its least and most. */
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
    return [{ goal: say(job, goal, [ours.name, other.name]), ratio, spread: [least, most] as const, reached }];
  });

/** The candidate is named only where it is not simply ours. */
const about = (name: string): string =>
  name === 'mentor-sessions' ? '' : `, ${name.replace('mentor-sessions, ', '')}`;

const say = ({ metrics }: Job, goal: Goal, [ours, other]: readonly [string, string]): string => {
  const bound = 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
  const title = metrics[goal.metric]?.title ?? goal.metric;
  return goal.isAbsolute
    ? `${title}${about(ours)} ${bound} ${metrics[goal.metric]?.unit}`
    : `${title}${about(ours)} ${bound} × ${other}`;
};
