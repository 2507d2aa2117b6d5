import { fileURLToPath } from 'node:url';
import type { Counts } from './counts.ts';
import { withCountsFile } from './counts-file.ts';
import { run } from './run.ts';

const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = [...flags, fileURLToPath(import.meta.resolve('jest/bin/jest'))];

/** Jest over one kind of tests, or all. A suite that cannot be read counts as failed. */
export const runJest = (kind: string | undefined, args: readonly string[]): Promise<Counts> => {
  const all = [...jest, ...args, ...(kind ? ['--selectProjects', kind] : [])];
  return withCountsFile((variables) => run(process.execPath, all, variables));
};
