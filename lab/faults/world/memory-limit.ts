import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { memoryOf, peakMemoryOf } from '../../bench/harness/measure/proc.ts';
import type { FaultWorld } from './fault-world.ts';
import type { RoleName } from './roles.ts';

export const MIB = 1_024 * 1_024;
/** The limit of a container in compose and Kubernetes. */
const LIMIT = 256 * MIB;

const LOOK_EVERY_MS = 50;

type Limit = { readonly under: readonly string[]; readonly isEnforced: boolean };

/** The file has different names in cgroup v1 and v2; undefined if groups cannot be created. */
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
    // it does not exist, or has a process; a leftover group is harmless
  }
};

let groups = 0;

/** The command under which the kernel kills a role at 256 MiB, as in a container; otherwise `watchMemory` does. */
export const memoryLimit = (): Limit => {
  const group = makeGroup(String(groups++));
  if (!group) return { under: [], isEnforced: false };
  const enter = `echo $$ > ${join(group, 'cgroup.procs')} && exec "$0" "$@"`;
  return { under: ['sh', '-c', enter], isEnforced: true };
};

/** Records the peak of each role, and kills processes above 256 MiB without cgroups. */
export const watchMemory = (world: FaultWorld, names: readonly RoleName[]) => {
  const peaks = new Map<RoleName, number>(names.map((name) => [name, 0]));
  const stop = new AbortController();
  const look = (name: RoleName): void => {
    const { pid, signal } = world.role(name).current();
    peaks.set(name, Math.max(peaks.get(name) ?? 0, peakMemoryOf(pid) || 0)); // it may have ended
    if (memoryOf(pid) * MIB > LIMIT) signal('SIGKILL');
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
      return new Map([...peaks].map(([name, peak]) => [name, Math.round(peak)]));
    },
  };
};
