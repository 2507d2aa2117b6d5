/** Memory and counts of a process after a garbage collection. */
export type Held = {
  readonly heapUsed: number;
  readonly rss: number;
  readonly handles: number;
  readonly descriptors: number;
};

export type Sample = {
  readonly seconds: number;
  readonly processes: Readonly<Record<string, Held>>;
  readonly databaseConnections: number;
  readonly bookings: number;
};

const MB = 1024 * 1024;
/** The allowed growth since the process was warm: a share, and a constant for noise. */
const allowed = {
  heapUsed: { part: 0.1, more: 4 * MB },
  rss: { part: 0.2, more: 40 * MB },
  handles: { part: 0.1, more: 12 },
  descriptors: { part: 0.1, more: 12 },
} satisfies Record<keyof Held, { part: number; more: number }>;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

type Growth = {
  readonly process: string;
  readonly what: keyof Held;
  readonly warm: number;
  readonly end: number;
};

/** Medians of the second quarter of the samples (the first is the warm-up) and of the last. */
const quarters = (samples: readonly Sample[], value: (sample: Sample) => number) => {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const values = samples.map(value);
  return { warm: median(values.slice(quarter, quarter * 2)), end: median(values.slice(-quarter)) };
};

export const growthOf = (samples: readonly Sample[]): Growth[] =>
  Object.keys(samples[0]?.processes ?? {}).flatMap((process) =>
    (Object.keys(allowed) as (keyof Held)[]).map((what) => ({
      process,
      what,
      ...quarters(samples, ({ processes }) => processes[process]?.[what] ?? 0),
    })),
  );

export const isFlat = ({ what, warm, end }: Growth): boolean =>
  end <= warm * (1 + allowed[what].part) + allowed[what].more;
