/** `small` is part of npm run lab: the same kinds, fewer of each. */
export type Size = 'full' | 'small';

/** The promise of a check, and what was observed; it held if there are no faults. */
export type Verdict = { readonly check: string; readonly seen: string; readonly faults: readonly string[] };

export type Part = { readonly name: string; run(size: Size): Promise<readonly Verdict[]> };

const SHOWN = 5;

/** The faults of one kind, with the first as example. */
export const verdict = (check: string, seen: string, faults: readonly string[] = []): Verdict => ({
  check,
  seen,
  faults: faults.length > SHOWN ? [...faults.slice(0, SHOWN), `and ${faults.length - SHOWN} more`] : faults,
});

/** A fault unless it held. */
export const unless = (held: boolean, fault: string): string[] => (held ? [] : [fault]);

/** Processes the items in order, `width` at a time. */
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
