import { writeFileSync } from 'node:fs';

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

export const sumOf = (all: readonly Counts[]): Counts => {
  const sum = (key: keyof Counts): number => all.reduce((total, counts) => total + counts[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
};

/** Ends a script of tests: writes its counts to the file that `runCounted` names, and sets the exit code. */
export const reportCounts = ({ passed, failed, skipped = 0 }: Omit<Counts, 'skipped'> & Partial<Counts>): void => {
  const file = process.env['MENTOR_SESSIONS_COUNTS_FILE'];
  if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped }));
  process.exitCode = failed > 0 ? 1 : 0;
};
