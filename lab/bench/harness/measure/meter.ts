import type { World } from '../world.ts';
import { cpuOf, peakMemoryOf } from './proc.ts';
import { spawn } from 'node:child_process';
import { availableParallelism, setPriority } from 'node:os';

/** Starts measuring and returns a function that stops. `processes` are the Node processes of the candidate. */
export const startMeter = ({ servers }: Pick<World, 'servers'>, processes: readonly { readonly pid: number }[]) => {
  const pids = processes.map(({ pid }) => pid);
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
      /** CPU time (µs) of each part; NaN where it cannot be measured (servers in containers or on other machines). */
      node: after.node - before.node,
      postgres: after.postgres - before.postgres,
      broker: after.broker - before.broker,
      /** MiB, summed over the Node processes. */
      memory: pids.reduce((sum, pid) => sum + peakMemoryOf(pid), 0),
    };
  };
};

/** The usual metrics for `count` events (or requests) that were handled meanwhile. */
export const perEvent = (measured: ReturnType<ReturnType<typeof startMeter>>, count: number) => {
  const { seconds, node, postgres, broker, memory } = measured;
  const each = { cpuNode: node / count, cpuPostgres: postgres / count, cpuBroker: broker / count };
  return { rate: count / seconds, cpu: each.cpuNode + each.cpuPostgres + each.cpuBroker, ...each, memory };
};

/** Descriptions of the metrics of `perEvent`; `things` is the plural of what was counted. */
export const perEventMetrics = (things = 'events') => ({
  rate: { title: 'rate', unit: `${things}/s`, isCharted: true },
  cpu: { title: 'CPU, all processes', unit: 'µs each' },
  cpuNode: { title: 'of it Node', unit: 'µs each' },
  cpuPostgres: { title: 'of it PostgreSQL', unit: 'µs each' },
  cpuBroker: { title: 'of it the broker', unit: 'µs each' },
  memory: { title: 'peak memory, Node', unit: 'MiB' },
});

const LEAST = 19;
/** The loops end by themselves if this process is gone. */
const LONGEST_MS = 120_000;

/**
 * Keeps every CPU busy with loops of the lowest priority until the returned function is called. A sleeping CPU, above all
 * of a virtual machine, takes long to wake, and Linux counts that as CPU time of the process that is woken: six idle roles
 * were charged 4.4 % of a core on a sleeping machine, and 1.4 % on one kept awake.
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
