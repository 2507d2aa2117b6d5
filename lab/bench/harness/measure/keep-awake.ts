import { spawn } from 'node:child_process';
import { availableParallelism, setPriority } from 'node:os';

const LEAST = 19;
/** They end by themselves, should nobody be left to end them. */
const LONGEST_MS = 120_000;

/**
 * Keeps every processor busy with loops of the least priority, until the answer is called. A processor that sleeps, of a
 * virtual machine most of all, takes long to wake, and Linux counts that as work of whoever is woken: six roles with
 * nothing to do were charged 4.4 % of a core while they slept, and 1.4 % while somebody else was awake.
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
