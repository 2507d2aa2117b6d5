import type { Counts } from './counts.ts';
import { withCountsFile } from './counts-file.ts';
import { run } from './run.ts';

/** The smallest size of `npm run bench`: each job counts as a test; it runs and counts right, its times are nobody's. */
export const runBench = (): Promise<Counts> =>
  withCountsFile((variables) => run(process.execPath, ['lab/bench/run.ts', '--smoke'], variables));
