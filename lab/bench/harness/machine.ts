import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { sayBacking } from '@mentor-sessions/local-stack/backing';
import type { World } from './world.ts';

/** Where and with what a run was made: figures of another machine are other figures. */
export const describeMachine = ({ backing, scale }: World) => ({
  date: new Date().toISOString().slice(0, 16) + 'Z',
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  processors: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  kernel: release(),
  node: process.versions.node,
  servers: sayBacking(backing),
  scale,
});

export type Machine = ReturnType<typeof describeMachine>;
