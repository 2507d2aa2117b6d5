import type { Scale, World } from './world.ts';

/** What one round measured, by the names of the job's metrics; what it did not measure is missing. */
export type Sample = Readonly<Record<string, number>>;

export type Metric = {
  readonly title: string;
  readonly unit: string;
  /** Whether this is what the chart shows. */
  readonly isCharted?: boolean;
};

/** Ready to be measured again and again. A round starts its own processes and ends them: who is not measured does not run. */
export type Running = { round(n: number): Promise<Sample>; tearDown(): Promise<void> };

export type Candidate = {
  readonly name: string;
  /** `floor`: the least code that keeps the same promise. Ratios are to the first floor of the job. */
  readonly kind: 'floor' | 'ours' | 'peer';
  readonly setUp: (world: World) => Promise<Running>;
};

/** A ratio that the job must show: of ours to the floor, or to the best peer. */
export type Goal = {
  readonly metric: string;
  /** Names of candidates; default ours and the floor. */
  readonly of?: string;
  readonly to?: string;
  /** A bound of the figure itself: not of a ratio. */
  readonly isAbsolute?: boolean;
} & ({ readonly atLeast: number } | { readonly atMost: number });

export type Job = {
  readonly name: string;
  /** A sentence: what is done, from when to when it is measured. */
  readonly title: string;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly candidates: (scale: Scale) => readonly Candidate[];
  readonly goals: readonly Goal[];
  /** Default: 5 in full size, 1 in the small ones. */
  readonly rounds?: Partial<Record<Scale, number>>;
  /** Runs with `npm run bench:long` only. */
  readonly isLong?: boolean;
  /** In these sizes it runs only when it is asked for by its name. */
  readonly leftOutOf?: readonly Scale[];
};
