/** Chance read off a list of numbers from 0 to 999, so that fast-check can make it smaller; where it ends all is 0. */
export type Tape = {
  /** From 0 up to, not including, `below`. */
  int(below: number): number;
  /** Never at the end of the tape: the smallest world is the quietest. */
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  shuffle<T>(these: readonly T[]): T[];
};

export const tapeOf = (numbers: readonly number[]): Tape => {
  let position = 0;
  const next = (): number => numbers[position++] ?? 0;
  const int = (below: number): number => next() % below;
  return {
    int,
    chance: (probability) => next() >= 1_000 * (1 - probability),
    pick: <T>(from: readonly T[]) => from[int(from.length)] as T,
    shuffle: <T>(these: readonly T[]) => {
      const left = [...these];
      return these.map(() => left.splice(int(left.length), 1)[0] as T);
    },
  };
};
