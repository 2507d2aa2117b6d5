/** In a random order. */
export const shuffled = <T>(some: readonly T[]): T[] =>
  some
    .map((one) => ({ one, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
