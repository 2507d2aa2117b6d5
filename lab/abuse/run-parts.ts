import { verdict, type Part, type Size, type Verdict } from './part.ts';

export type Result = { readonly part: string; readonly verdicts: readonly Verdict[] };

const say = (line: string): void => void process.stderr.write(`${line}\n`);

// A part that throws counts as a failed check; the others still run.
const attempt = (part: Part, size: Size): Promise<readonly Verdict[]> =>
  part
    .run(size)
    .catch((error: unknown) => [
      verdict('runs to its end', '', [error instanceof Error ? (error.stack ?? error.message) : String(error)]),
    ]);

/** Runs one part after the other and prints each result at once. */
export const runParts = async (parts: readonly Part[], size: Size): Promise<Result[]> => {
  const results: Result[] = [];
  for (const part of parts) {
    const began = performance.now();
    const verdicts = await attempt(part, size);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    results.push({ part: part.name, verdicts });
    say(`abuse ${part.name}, ${seconds} s`);
    for (const { check, seen, faults } of verdicts) {
      say(`${faults.length === 0 ? '  ok     ' : '  BROKEN '} ${check}: ${seen}`);
      for (const fault of faults) say(`           ${fault.slice(0, 600)}`);
    }
  }
  return results;
};
