/** All random choices of a run come from its seed. */
export type Random = {
  /** From 0 to 1, exclusive. */
  next(): number;
  /** An integer from `low` to `high`, inclusive. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  shuffle<T>(these: readonly T[]): T[];
  /** An independent sequence, so that one part's choices do not change another's. */
  fork(name: string): Random;
};

const hash = (text: string): number => {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  return state >>> 0;
};

/** Mulberry32 (Tommy Ettinger): 32 bits of state, enough for choosing faults. */
export const mulberry32 = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

export const randomOf = (seed: number | string): Random => {
  const next = mulberry32(hash(String(seed)));
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: <T>(from: readonly T[]) => from[int(0, from.length - 1)] as T,
    shuffle: <T>(these: readonly T[]) =>
      these
        .map((value) => ({ value, at: next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ value }) => value),
    fork: (name) => randomOf(`${seed}/${name}`),
  };
};
