export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** Prints the closing line that others read and gives the exit code; a run in which nothing passed has failed. */
export const sayCounts = (all: readonly Counts[]): number => {
  const sum = (key: keyof Counts): number => all.reduce((total, counts) => total + counts[key], 0);
  const skipped = sum('skipped');
  console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;
};
