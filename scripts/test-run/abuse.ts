import type { Counts } from './counts.ts';
import { withCountsFile } from './counts-file.ts';
import { run } from './run.ts';

/** The small size of `npm run abuse`; each check counts as a test. */
export const runAbuse = (): Promise<Counts> =>
  withCountsFile((variables) => run(process.execPath, ['lab/abuse/run.ts', '--small'], variables));
