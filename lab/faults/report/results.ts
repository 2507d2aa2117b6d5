import { appendFile, readFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Figures, Run } from '../run-fault.ts';

const file = fileURLToPath(new URL('../../../docs/faults/results.jsonl', import.meta.url));

/** One line of the file in which the results of all runs add up. */
export type Result = Pick<Run, 'fault' | 'seed' | 'seen' | 'seconds'> & {
  readonly at: string;
  readonly commit: string;
  readonly servers: string;
  readonly violations: number;
  readonly figures: Figures;
};

const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};

/** `servers`: kind and versions of PostgreSQL and RabbitMQ. */
export const recordRun = async ({ violations, ...run }: Run, servers: string): Promise<void> => {
  const { fault, seed, seen, seconds, figures } = run;
  const at = new Date().toISOString().slice(0, 16);
  const result: Result = {
    at,
    commit: commit(),
    servers,
    fault,
    seed,
    seconds,
    violations: violations.length,
    figures,
    seen,
  };
  await appendFile(file, `${JSON.stringify(result)}\n`);
};

export const readResults = async (): Promise<Result[]> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Result);
};
