import type { World } from '../world.ts';
import { cpuOf, peakMemoryOf } from './proc.ts';
import { spawn } from 'node:child_process';
import { availableParallelism, setPriority } from 'node:os';

export type Measured = {
  readonly seconds: number;
  /** µs of processor time by who used it; NaN where it cannot be told (servers in containers or elsewhere). */
  readonly node: number;
  readonly postgres: number;
  readonly broker: number;
  /** MiB, the sum over the Node processes. */
  readonly memory: number;
};

/** Starts the clock; what comes back stops it. `pids` are the Node processes of the candidate. */
export const startMeter = ({ servers }: Pick<World, 'servers'>, pids: readonly number[]): (() => Measured) => {
  const read = () => ({
    node: cpuOf(pids),
    postgres: servers.postgres === null ? NaN : cpuOf([servers.postgres]),
    broker: servers.broker === null ? NaN : cpuOf([servers.broker]),
  });
  const [before, began] = [read(), performance.now()];
  return () => {
    const seconds = (performance.now() - began) / 1_000;
    const after = read();
    return {
      seconds,
      node: after.node - before.node,
      postgres: after.postgres - before.postgres,
      broker: after.broker - before.broker,
      memory: pids.reduce((sum, pid) => sum + peakMemoryOf(pid), 0),
    };
  };
};

/** The usual metrics of `count` events (or requests) that were handled while the meter ran. */
export const perEvent = (measured: Measured, count: number) => {
  const { seconds, node, postgres, broker, memory } = measured;
  const each = { cpuNode: node / count, cpuPostgres: postgres / count, cpuBroker: broker / count };
  return { rate: count / seconds, cpu: each.cpuNode + each.cpuPostgres + each.cpuBroker, ...each, memory };
};

/** What `perEvent` gives, described; `things` is what was counted. */
export const perEventMetrics = (things = 'events') => ({
  rate: { title: 'rate', unit: `${things}/s`, isCharted: true },
  cpu: { title: 'CPU, all processes', unit: 'µs each' },
  cpuNode: { title: 'of it Node', unit: 'µs each' },
  cpuPostgres: { title: 'of it PostgreSQL', unit: 'µs each' },
  cpuBroker: { title: 'of it the broker', unit: 'µs each' },
  memory: { title: 'peak memory, Node', unit: 'MiB' },
});

const LEAST = 19;
/** They end by themselves, should no one be left to end them. */
const LONGEST_MS = 120_000;

/**
 * Keeps every processor busy with loops of the least priority, until the answer is called. A processor that sleeps, of a
 * virtual machine most of all, takes long to wake, and Linux counts that as work of whoever is woken: six roles with
 * nothing to do were charged 4.4 % of a core while they slept, and 1.4 % while someone else was awake.
 */
export const keepAwake = (): (() => void) => {
  const loops = Array.from({ length: availableParallelism() }, () => {
    const loop = spawn(process.execPath, ['-e', `const end = Date.now() + ${LONGEST_MS}; while (Date.now() < end);`], {
      stdio: 'ignore',
    });
    if (loop.pid !== undefined) setPriority(loop.pid, LEAST);
    return loop;
  });
  return () => loops.forEach((loop) => loop.kill('SIGKILL'));
};
