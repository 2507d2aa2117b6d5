import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finished } from './run-fault.ts';

const asJson = (_key: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries(value) : value instanceof Set ? [...value] : value;

/** What is needed to understand a violation: the history, all evidence, the logs. Gives the directory. */
export const keepEvidence = async ({ run, evidence, logs }: Finished): Promise<string> => {
  const directory = join('.local', 'faults', `${run.fault.replaceAll(' ', '-')}-${run.seed}`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'violations.json'), JSON.stringify(run.violations, asJson, 2));
  await writeFile(join(directory, 'evidence.json'), JSON.stringify(evidence, asJson));
  for (const [name, text] of logs) await writeFile(join(directory, name), text);
  return directory;
};
