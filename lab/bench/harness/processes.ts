import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnDetached } from '@mentor-sessions/local-stack/detached-process';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { repository } from '@mentor-sessions/local-stack/migrations';
import { spawnRole } from '@mentor-sessions/local-stack/role-process';
import { serviceEnvironment } from '@mentor-sessions/local-stack/service-environment';
import type { TestStack } from '@mentor-sessions/lab/test-stack';

export type Process = { readonly pid: number; stop(): Promise<void> };

const STOP_WITHIN_MS = 15_000;

/** `BENCH_PROFILES=<directory>`: each process leaves its CPU profile there; `node lab/bench/profile.ts <file>` sums it up. */
const { BENCH_PROFILES } = process.env;
const profiling: Record<string, string> = BENCH_PROFILES
  ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${BENCH_PROFILES}` }
  : {};

/** One role of ours as its own process, as an operator runs it; resolves when it is ready. */
export const startRole = async (
  stack: TestStack,
  service: 'bookings' | 'sessions',
  role: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Process & { readonly url: string; readonly adminUrl: string }> => {
  const variables = { ...serviceEnvironment({ ...stack[service], auth: stack.auth }), ...profiling, ...env };
  const process = await spawnRole({ service, role, env: variables });
  await process.waitReady();
  return {
    pid: process.pid,
    url: process.url,
    adminUrl: process.adminUrl,
    stop: () => process.end('SIGTERM', STOP_WITHIN_MS),
  };
};

/** `node lab/bench/<script>` with these variables, e.g. a floor or a peer; resolves when it has printed a line `ready`. */
export const startScript = async (script: string, env: Readonly<Record<string, string>>): Promise<Process> => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-bench-'));
  const logFile = join(directory, 'log');
  const child = await spawnDetached({
    file: process.execPath,
    args: [`${repository}lab/bench/${script}`],
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...profiling, ...env },
    cwd: repository,
    logFile,
  });
  const isReady = async (): Promise<boolean> => {
    const log = await readFile(logFile, 'utf8');
    if (child.hasExited()) throw new Error(`lab/bench/${script} ended:\n${log.slice(-2_000)}`);
    return /^ready$/m.test(log);
  };
  await eventually(isReady, { within: 30_000, every: 20, describe: `lab/bench/${script} is ready` });
  return {
    pid: child.pid,
    stop: async () => {
      const endedEarly = child.hasExited();
      await child.end('SIGTERM', STOP_WITHIN_MS);
      const log = await readFile(logFile, 'utf8');
      await rm(directory, { recursive: true, force: true });
      if (endedEarly) throw new Error(`lab/bench/${script} had ended before it was asked to:\n${log.slice(-2_000)}`);
    },
  };
};

export const stopAll = async (processes: readonly Process[]): Promise<void> => {
  await Promise.all(processes.map((process) => process.stop()));
};
