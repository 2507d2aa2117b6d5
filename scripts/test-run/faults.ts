import type { Counts } from './counts.ts';
import { withCountsFile } from './counts-file.ts';
import { run } from './run.ts';

/** The small size of `npm run faults`; each run of a fault counts as a test. */
export const runFaults = (): Promise<Counts> =>
  withCountsFile((variables) => run(process.execPath, ['lab/faults/run.ts', '--quick'], variables));
