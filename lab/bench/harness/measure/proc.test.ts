import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { cpuOf, memoryOf, parentOf, peakMemoryOf } from './proc.ts';

const spin = `const end = process.cpuUsage().user + 200_000; while (process.cpuUsage().user < end);`;

test('the time of a child that has ended is counted', () => {
  const before = cpuOf([process.pid]);
  spawnSync(process.execPath, ['-e', spin]);
  expect(cpuOf([process.pid]) - before).toBeGreaterThanOrEqual(180_000);
});

test('a process has a parent and memory, at its peak no less than now', () => {
  expect(parentOf(process.pid)).toBe(process.ppid);
  expect(memoryOf(process.pid)).toBeGreaterThan(10);
  expect(peakMemoryOf(process.pid)).toBeGreaterThanOrEqual(memoryOf(process.pid) - 1);
});
