import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts a process's time in ticks of 10 ms (USER_HZ), whatever the kernel's own clock. */
const TICK_US = 10_000;

type Stat = { readonly pid: number; readonly parent: number; readonly ticks: number };

const readStat = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the name, in parentheses, may contain spaces; the state is the first field after it
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return { pid, parent: fields[1] as number, ticks: utime + stime + cutime + cstime };
  } catch {
    return undefined; // the process has ended
  }
};

const allStats = (): Stat[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readStat(Number(name)) ?? []);

/** CPU time (µs) of these processes and their descendants, including children that have ended and were waited for. */
export const cpuOf = (roots: readonly number[]): number => {
  const stats = allStats();
  const children = Map.groupBy(stats, ({ parent }) => parent);
  const own = new Map(stats.map((stat) => [stat.pid, stat]));
  const ticksBelow = (pid: number): number =>
    (own.get(pid)?.ticks ?? 0) + (children.get(pid) ?? []).reduce((sum, child) => sum + ticksBelow(child.pid), 0);
  return roots.reduce((sum, root) => sum + ticksBelow(root), 0) * TICK_US;
};

export const parentOf = (pid: number): number | undefined => readStat(pid)?.parent;

const memoryLine = (pid: number, name: string): number => {
  try {
    const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kib ?? NaN) / 1024;
  } catch {
    return NaN;
  }
};

/** Largest resident memory so far, MiB. */
export const peakMemoryOf = (pid: number): number => memoryLine(pid, 'VmHWM');

/** Resident memory now, MiB. */
export const memoryOf = (pid: number): number => memoryLine(pid, 'VmRSS');

/** How often the threads of a process were woken so far. */
export const wakeUpsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    return sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1]);
  }, 0);
