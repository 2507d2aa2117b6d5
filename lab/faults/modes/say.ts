import { keepEvidence } from '../keep.ts';
import type { Finished, Run } from '../run-fault.ts';

export type Asked = {
  readonly seed: number;
  readonly seeds: number;
  readonly only: readonly string[] | undefined;
  /** Of a number with several cases, only the first. */
  readonly firstCases: boolean;
};

/** How many runs were as they should be, and how many were not. */
export type Verdicts = { readonly passed: number; readonly failed: number };

export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Whether a fault or a planted bug is meant: by its whole id, or by its number. */
export const isAsked = ({ only, firstCases }: Asked, id: string): boolean =>
  !(firstCases && id.includes(' ')) &&
  (only === undefined || only.includes(id) || only.includes(id.split(' ')[0] ?? ''));

const sayRun = ({ fault, seed, seen, seconds, figures, violations }: Run): void => {
  const { bookings, accepted, completed, unknown, copies } = figures;
  const verdict = violations.length === 0 ? 'ok    ' : 'BROKEN';
  const counts = `${bookings} bookings, ${accepted} accepted, ${completed} completed`;
  say(
    `${verdict} ${fault}, seed ${seed}, ${seconds} s: ${counts}, ${unknown} unknown answers, ${copies} copies; ${seen}`,
  );
};

/** Says the verdict; if it is a bad one, where everything is that explains it. */
export const sayFinished = async (finished: Finished): Promise<boolean> => {
  const { run } = finished;
  sayRun(run);
  if (run.violations.length === 0) return true;
  const kinds = Map.groupBy(run.violations, ({ invariant, says }) => `${invariant}: ${says}`);
  for (const [kind, all] of kinds)
    say(`       ${kind} (${all.length} ×), e.g. ${JSON.stringify(all[0]?.witness)?.slice(0, 300)}`);
  say(
    `       history, evidence and logs are in ${await keepEvidence(finished)}; again: npm run faults -- --only '${run.fault}' --seed ${run.seed}`,
  );
  return false;
};
