import { spawnRole } from '@mentor-sessions/local-stack/role-process';
import type { RoleOptions, RoleProcess } from '@mentor-sessions/local-stack/role-process';

export type Supervised = {
  /** The process that runs now. */
  readonly current: () => RoleProcess;
  /** SIGTERM, and no further restart; resolves when it has drained and exited. */
  stop(): Promise<void>;
};

/** The first restart comes at once, further ones at most this much later. */
const longestPause = 900;
/** A role has 10 s to drain. */
const drain = 12_000;

/** Keeps one process of a role running: restarted within a second whenever it dies. `onNewProcess` hears of each restart. */
export const supervise = async (options: RoleOptions, onNewProcess: () => Promise<void>): Promise<Supervised> => {
  const name = `${options.service} ${options.role}`;
  let stopping = false;
  let current = await spawnRole(options);

  const restart = async (pause: number): Promise<void> => {
    const began = performance.now();
    const how = await current.exited;
    if (stopping) return;
    const ranLong = performance.now() - began > 5_000;
    const wait = ranLong ? 50 : pause;
    console.error(`${name} (pid ${current.pid}) ended with ${how}: starting it again`);
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (stopping) return;
    current = await spawnRole(options);
    await onNewProcess();
    await restart(Math.min(wait * 2, longestPause));
  };
  const supervision = restart(50);
  return {
    current: () => current,
    stop: async () => {
      stopping = true;
      await current.end('SIGTERM', drain);
      await supervision;
    },
  };
};
