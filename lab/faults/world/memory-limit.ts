import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultWorld } from './fault-world.ts';
import type { RoleName } from './roles.ts';

export const MIB = 1_024 * 1_024;
/** Of a container, as compose and Kubernetes set it. */
const LIMIT = 256 * MIB;

const LOOK_EVERY_MS = 50;

type Limit = { readonly under: readonly string[]; readonly isEnforced: boolean };

/** cgroup v1 and v2 name it differently; undefined where we may not make a group of our own. */
const makeGroup = (name: string): string | undefined => {
  const roots = [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const;
  for (const [root, limit] of roots) {
    const group = join(root, `mentor-sessions-${name}-${process.pid}`);
    try {
      mkdirSync(group);
      process.once('exit', () => removeGroup(group));
      if (!existsSync(join(group, limit))) continue;
      writeFileSync(join(group, limit), String(LIMIT));
      return group;
    } catch {
      removeGroup(group);
    }
  }
  return undefined;
};

const removeGroup = (group: string): void => {
  try {
    rmdirSync(group);
  } catch {
    // it was never there, or a process is still in it: an empty group does no harm
  }
};

let groups = 0;

/** What a role is run under so that the kernel ends it at 256 MiB, as in a container; else `watchMemory` does so. */
export const memoryLimit = (): Limit => {
  const group = makeGroup(String(groups++));
  if (!group) return { under: [], isEnforced: false };
  const enter = `echo $$ > ${join(group, 'cgroup.procs')} && exec "$0" "$@"`;
  return { under: ['sh', '-c', enter], isEnforced: true };
};

const statusOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return ''; // it has just ended
  }
};
const kilobytes = (status: string, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0);

/** Watches the peak of each role, and ends a process above 256 MiB where no group does. */
export const watchMemory = (world: FaultWorld, names: readonly RoleName[]) => {
  const peaks = new Map<RoleName, number>(names.map((name) => [name, 0]));
  const stop = new AbortController();
  const look = (name: RoleName): void => {
    const { pid, signal } = world.role(name).current();
    const status = statusOf(pid);
    peaks.set(name, Math.max(peaks.get(name) ?? 0, kilobytes(status, 'VmHWM') * 1_024));
    if (kilobytes(status, 'VmRSS') * 1_024 > LIMIT) signal('SIGKILL');
  };
  const watching = (async () => {
    for (;;) {
      names.forEach(look);
      await pause(LOOK_EVERY_MS, undefined, { signal: stop.signal });
    }
  })().catch(() => undefined);
  return {
    /** In MiB, by role. */
    end: async (): Promise<ReadonlyMap<RoleName, number>> => {
      stop.abort();
      await watching;
      return new Map([...peaks].map(([name, bytes]) => [name, Math.round(bytes / MIB)]));
    },
  };
};
