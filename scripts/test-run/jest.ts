import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Counts } from './counts.ts';
import { run } from './run.ts';

const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = [...flags, fileURLToPath(import.meta.resolve('jest/bin/jest'))];

/** A jest that ends badly although no test failed counts as one failure. */
const orFailed = (counts: Counts, code: number): Counts =>
  code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;

/** Jest over one kind of tests, or all. A suite that cannot be read counts as failed. */
export const runJest = async (kind: string | undefined, args: readonly string[]): Promise<Counts> => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-jest-'));
  const file = join(directory, 'counts.json');
  const all = [...jest, ...args, ...(kind ? ['--selectProjects', kind] : [])];
  try {
    const code = await run(process.execPath, all, { MENTOR_SESSIONS_COUNTS_FILE: file });
    const text = await readFile(file, 'utf8').catch(() => '{"passed":0,"failed":1,"skipped":0}');
    return orFailed(JSON.parse(text) as Counts, code);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
