import type { Scale, World } from './world.ts';

/** The values of one round by metric name. Metrics that the candidate does not have are missing. */
export type Sample = Readonly<Record<string, number>>;

export type Metric = {
  readonly title: string;
  readonly unit: string;
  /** Whether it gets a chart. */
  readonly isCharted?: boolean;
};

/** A candidate that is set up. Each round starts and ends its own processes, so that only the measured candidate runs. */
export type Running = { round(n: number): Promise<Sample>; tearDown(): Promise<void> };

export type Candidate = {
  readonly name: string;
  /** `floor`: the least code with the same guarantee. Ratios are to the first floor of the job. */
  readonly kind: 'floor' | 'ours' | 'peer';
  readonly setUp: (world: World) => Promise<Running>;
};

/** The goal of a ratio, of ours to the floor or to the best peer. */
export type Goal = {
  readonly metric: string;
  /** Names of candidates; default ours and the floor. */
  readonly of?: string;
  readonly to?: string;
  /** The bound applies to the value itself, not to a ratio. */
  readonly isAbsolute?: boolean;
} & ({ readonly atLeast: number } | { readonly atMost: number });

export type Job = {
  readonly name: string;
  /** One sentence: what is done and measured. */
  readonly title: string;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly candidates: (scale: Scale) => readonly Candidate[];
  readonly goals: readonly Goal[];
  /** Default: 5 in full size, 1 in the small ones. */
  readonly rounds?: Partial<Record<Scale, number>>;
  /** Runs with `npm run bench:long` only. */
  readonly isLong?: boolean;
  /** In these sizes it runs only if named with --only. */
  readonly leftOutOf?: readonly Scale[];
};
