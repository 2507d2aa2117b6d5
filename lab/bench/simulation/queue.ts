/** A number in [0, 1). */
export type Random = () => number;

export type Duration = (random: Random) => number;

export const exponential =
  (mean: number): Duration =>
  (random) =>
    -mean * Math.log(1 - random());

export const constant =
  (value: number): Duration =>
  () =>
    value;

/** Arrivals of a Poisson process (independent of each other). */
const poissonArrivals = (perMs: number, count: number, random: Random): number[] => {
  const gap = exponential(1 / perMs);
  let now = 0;
  return Array.from({ length: count }, () => (now += gap(random)));
};

export type Station = {
  readonly name: string;
  /** Parallel processes or cores, first come, first served. */
  readonly servers: number;
  readonly service: Duration;
};

/** The departure of each arrival (in any order); all times in ms. */
const departuresFrom = ({ servers, service }: Station, arrivals: readonly number[], random: Random): number[] => {
  const freeAt = Array<number>(servers).fill(0);
  const departures = Array<number>(arrivals.length);
  const inOrder = arrivals.map((_, n) => n).sort((a, b) => (arrivals[a] as number) - (arrivals[b] as number));
  for (const n of inOrder) {
    const next = freeAt.indexOf(Math.min(...freeAt));
    const begins = Math.max(arrivals[n] as number, freeAt[next] as number);
    freeAt[next] = departures[n] = begins + service(random);
  }
  return departures;
};

/** The time from arrival until departure from the last station, for each of `count`. */
export const sojourns = (
  stations: readonly Station[],
  { perMs, count, random }: { perMs: number; count: number; random: Random },
): number[] => {
  const arrivals = poissonArrivals(perMs, count, random);
  const left = stations.reduce((at: readonly number[], station) => departuresFrom(station, at, random), arrivals);
  return left.map((at, n) => at - (arrivals[n] as number));
};
