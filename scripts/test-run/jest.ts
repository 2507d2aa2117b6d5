import { fileURLToPath } from 'node:url';
import type { Counts } from './counts.ts';
import { withCountsFile } from './counts-file.ts';
import { run } from './run.ts';

const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = [...flags, fileURLToPath(import.meta.resolve('jest/bin/jest'))];

/** Jest over these kinds of tests. A suite that cannot be read counts as failed. */
export const runJest = (kinds: readonly string[], args: readonly string[]): Promise<Counts> => {
  // each brings the whole system up, under one name
  const oneAfterTheOther = kinds.includes('compose') ? ['--runInBand'] : [];
  const all = [...jest, ...oneAfterTheOther, ...args, '--selectProjects', ...kinds];
  return withCountsFile((variables) => run(process.execPath, all, variables));
};
