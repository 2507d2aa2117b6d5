import { spawnRole } from './role-process.ts';
import type { RoleOptions, RoleProcess } from './role-process.ts';

export type Supervised = {
  /** The process that runs now. */
  readonly current: () => RoleProcess;
  /** How the processes before it ended: exit code or signal, the oldest first. */
  readonly endings: readonly (number | NodeJS.Signals)[];
  /** SIGTERM, and another one in its place when it has exited; resolves when that one runs. */
  restart(): Promise<void>;
  /** SIGTERM, and no further restart; resolves when it has drained and exited. */
  stop(): Promise<void>;
};
export type Supervision = {
  readonly name: string;
  /** Asked before each start, `generation` counting from 0, with the process before it. */
  readonly options: (generation: number, before?: RoleProcess) => RoleOptions | Promise<RoleOptions>;
  readonly onNewProcess?: () => Promise<void>;
  readonly say?: (line: string) => void;
};

/** The first restart comes at once, further ones at most this much later. */
const longestPause = 900;
/** A role has 10 s to drain. */
const drain = 12_000;

/** Keeps one process of a role running: restarted within a second whenever it ends. */
export const supervise = async (supervision: Supervision): Promise<Supervised> => {
  const { name, options, onNewProcess = async () => undefined, say = () => undefined } = supervision;
  const endings: (number | NodeJS.Signals)[] = [];
  let stopping = false;
  let current = await spawnRole(await options(0));
  let replaced = Promise.withResolvers<void>();

  const restart = async (pause: number): Promise<void> => {
    const began = performance.now();
    const how = await current.exited;
    endings.push(how);
    if (stopping) return;
    const ranLong = performance.now() - began > 5_000;
    const wait = ranLong ? 50 : pause;
    say(`${name} (pid ${current.pid}) ended with ${how}: starting it again`);
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (stopping) return;
    current = await spawnRole(await options(endings.length, current));
    replaced.resolve();
    replaced = Promise.withResolvers();
    await onNewProcess();
    await restart(Math.min(wait * 2, longestPause));
  };
  const supervising = restart(50);
  return {
    current: () => current,
    endings,
    restart: async () => {
      const next = replaced.promise;
      await current.end('SIGTERM', drain);
      await next;
    },
    stop: async () => {
      stopping = true;
      await current.end('SIGTERM', drain);
      await supervising;
    },
  };
};
