const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** The value below which the share `q` of all lies (nearest rank); NaN of nothing. */
export const quantile = (values: readonly number[], q: number): number => {
  const all = sorted(values);
  return all[Math.min(all.length - 1, Math.max(0, Math.ceil(q * all.length) - 1))] ?? NaN;
};

export const median = (values: readonly number[]): number => {
  const all = sorted(values);
  const middle = all.length / 2;
  return all.length % 2 === 1
    ? (all[Math.floor(middle)] as number)
    : ((all[middle - 1] ?? NaN) + (all[middle] ?? NaN)) / 2;
};

export type Summary = {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
};

export const summarise = (values: readonly number[]): Summary => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
  rounds: values.length,
});

/** `{ p50, p90, p99 }` of latencies, under names that begin with `name`. */
export const percentiles = (name: string, values: readonly number[]): Record<string, number> => ({
  [`${name}P50`]: quantile(values, 0.5),
  [`${name}P90`]: quantile(values, 0.9),
  [`${name}P99`]: quantile(values, 0.99),
});
