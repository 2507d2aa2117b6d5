/**
 * `node --expose-gc --import lab/faults/soak/probe.mjs main.ts`: at SIGUSR2 the process collects garbage and prints in one
 * line what is left.
 */
import { readdirSync, writeSync } from 'node:fs';

const held = () => {
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length;
  return { msg: 'held', heapUsed, rss, handles, descriptors: readdirSync('/proc/self/fd').length };
};

process.on('SIGUSR2', () => writeSync(1, `${JSON.stringify(held())}\n`));
