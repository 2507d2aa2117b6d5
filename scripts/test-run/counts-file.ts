import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Counts } from './counts.ts';

/** A run that ends badly although no test failed counts as one failure. */
const orFailed = (counts: Counts, code: number): Counts =>
  code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;

/** Gives `work` a variable that names the file for its counts, and reads them; a file that is not there counts as failed. */
export const withCountsFile = async (work: (variables: Record<string, string>) => Promise<number>): Promise<Counts> => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-counts-'));
  const file = join(directory, 'counts.json');
  try {
    const code = await work({ MENTOR_SESSIONS_COUNTS_FILE: file });
    const text = await readFile(file, 'utf8').catch(() => '{"passed":0,"failed":1,"skipped":0}');
    return orFailed(JSON.parse(text) as Counts, code);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
