import { eventually } from '@mentor-sessions/local-stack/eventually';
import { launch, repository } from '@mentor-sessions/local-stack/launch';

export type Process = { readonly pid: number; stop(): Promise<void> };

export const STOP_WITHIN_MS = 15_000;

/** `BENCH_PROFILES=<directory>`: each process leaves its CPU profile there, for a browser's or an editor's viewer. */
const { BENCH_PROFILES } = process.env;
export const profiling: Record<string, string> = BENCH_PROFILES
  ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${BENCH_PROFILES}` }
  : {};

/** `node lab/bench/<script>` with these variables, e.g. a floor or a peer; resolves when it has printed a line `ready`. */
export const startScript = async (script: string, env: Readonly<Record<string, string>>): Promise<Process> => {
  const child = await launch({
    args: [`${repository}lab/bench/${script}`],
    env: { NODE_ENV: 'production', ...profiling, ...env },
  });
  const failed = () => new Error(`lab/bench/${script} ended:\n${child.log().slice(-2_000)}`);
  const isReady = (): boolean => {
    if (child.hasExited()) throw failed();
    return /^ready$/m.test(child.log());
  };
  await eventually(isReady, { within: 30_000, every: 20, describe: `lab/bench/${script} is ready` });
  return {
    pid: child.pid,
    stop: async () => {
      if (child.hasExited()) throw failed();
      await child.end('SIGTERM', STOP_WITHIN_MS);
    },
  };
};

export const stopAll = async (processes: readonly Process[]): Promise<void> => {
  await Promise.all(processes.map((process) => process.stop()));
};
