import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whyNotDocker, hasImage } from '@mentor-sessions/local-stack/docker';
import { whenParentIsGone } from '../bootstrap/parent.mjs';
import { reportCounts, sumOf, type Counts } from './counts.ts';

/** Runs it in the foreground, with further variables, and returns its exit code. A signal to this process goes to it; this process exits after it. */
const run = (file: string, args: readonly string[], variables: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...variables } });
    let isAskedToEnd = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        isAskedToEnd = true;
        child.kill(signal);
      });
    whenParentIsGone(() => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('exit', (code) => (isAskedToEnd ? process.exit(1) : resolve(code ?? 1)));
  });

/** Runs a command that writes its counts to the file in a variable. A non-zero exit code counts as at least one failure. */
export const runCounted = async (command: string, args: readonly string[], variables = {}): Promise<Counts> => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-counts-'));
  const file = join(directory, 'counts.json');
  try {
    const code = await run(command, args, { ...variables, MENTOR_SESSIONS_COUNTS_FILE: file });
    const text = await readFile(file, 'utf8').catch(() => '{"passed":0,"failed":1,"skipped":0}');
    const counts = JSON.parse(text) as Counts;
    return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

export const runScript = (args: readonly string[], variables = {}): Promise<Counts> =>
  runCounted(process.execPath, args, variables);

/** Tests start hundreds of processes, each in two thirds of the CPU time with it. */
const compileCache = { NODE_COMPILE_CACHE: resolve('.local/cache/compiled') };

/** Jest over these kinds of tests. A suite that cannot be read counts as failed. */
export const runJest = (kinds: readonly string[], args: readonly string[]): Promise<Counts> => {
  const jest = fileURLToPath(import.meta.resolve('jest/bin/jest'));
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  // each brings the whole system up under one name
  const oneByOne = kinds.includes('compose') ? ['--runInBand'] : [];
  return runScript([...flags, jest, ...oneByOne, ...args, '--selectProjects', ...kinds], compileCache);
};

/** The checks count as one test: passed or failed. */
export const runCheck = async (): Promise<Counts> => {
  const failed = (await run(process.execPath, ['scripts/check.ts'], compileCache)) === 0 ? 0 : 1;
  return { passed: 1 - failed, failed, skipped: 0 };
};

const PULL_WITHIN_MS = 20_000;

const whyNoCompose = async (): Promise<string | undefined> => {
  const why = await whyNotDocker(PULL_WITHIN_MS);
  if (why) return why;
  const image = process.env['NODE_IMAGE'] ?? 'node:24-slim';
  const isThere = await hasImage(image, PULL_WITHIN_MS);
  return isThere ? undefined : `the Docker engine does not have ${image} and could not pull it`;
};

/** docker-compose.yml as a whole, where there is an engine for it; otherwise one line says why not. */
export const runComposeIfPossible = async (): Promise<Counts> => {
  const why = await whyNoCompose();
  if (!why) return runJest(['compose'], []);
  console.log(`Not tested: docker compose, because ${why}`);
  return { passed: 0, failed: 0, skipped: 0 };
};

/** Prints the last line; a run in which nothing passed has failed. */
export const sayCounts = (all: readonly Counts[]): void => {
  const counts = sumOf(all);
  const { passed, failed, skipped } = counts;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  reportCounts(counts);
  if (passed === 0) process.exitCode = 1;
};
