/** `small` is part of npm test: the same kinds, fewer of each. */
export type Size = 'full' | 'small';

/** What a check promised and what was seen; without faults it has held. */
export type Verdict = { readonly check: string; readonly seen: string; readonly faults: readonly string[] };

export type Part = { readonly name: string; run(size: Size): Promise<readonly Verdict[]> };

const SHOWN = 5;

/** The faults of one kind, the first of them shown. */
export const verdict = (check: string, seen: string, faults: readonly string[] = []): Verdict => ({
  check,
  seen,
  faults: faults.length > SHOWN ? [...faults.slice(0, SHOWN), `and ${faults.length - SHOWN} more`] : faults,
});

/** Nothing, or that it did not hold. */
export const unless = (held: boolean, fault: string): string[] => (held ? [] : [fault]);

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
