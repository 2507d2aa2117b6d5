/** Works through them, `width` at a time, in order. */
export const inTurns = async <T>(
  these: Iterable<T>,
  width: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> => {
  const iterator = these[Symbol.iterator]();
  const turns = Array.from({ length: width }, async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  });
  await Promise.all(turns);
};
