import { setTimeout as pause } from 'node:timers/promises';
import { everyRole } from '@mentor-sessions/local-stack/system';
import type { Job, Sample } from '../harness/job.ts';
import { startMeter, keepAwake } from '../harness/measure/meter.ts';
import { memoryOf } from '../harness/measure/proc.ts';
import { onStage } from '../harness/stage.ts';
import { stopAll } from '../harness/processes.ts';
import type { Scale, World } from '../harness/world.ts';
import type { Stage } from '../harness/stage.ts';

const sizes: Record<Scale, { settleMs: number; seconds: number }> = {
  smoke: { settleMs: 0, seconds: 0.5 },
  quick: { settleMs: 2_000, seconds: 6 },
  // what a start leaves behind is collected after half a minute of rest
  full: { settleMs: 40_000, seconds: 20 },
  long: { settleMs: 40_000, seconds: 20 },
};

const round = async (world: World, stage: Stage): Promise<Sample> => {
  const { settleMs, seconds } = sizes[world.scale];
  const processes = await Promise.all(everyRole.map((role) => stage.start(role)));
  const letSleep = keepAwake();
  try {
    await pause(settleMs);
    const pids = processes.map(({ pid }) => pid);
    const stop = startMeter(world, pids);
    await pause(seconds * 1_000);
    const { seconds: took, node, postgres, broker } = stop();
    const percent = (us: number): number => us / took / 10_000;
    const memory = pids.reduce((sum, pid) => sum + memoryOf(pid), 0) / pids.length;
    return { node: percent(node), postgres: percent(postgres), broker: percent(broker), memory };
  } finally {
    letSleep();
    await stopAll(processes);
  }
};

export const idleJob: Job = {
  name: 'idle',
  title:
    'All six roles as processes, ready, with nothing to do. Idle loops keep the processors awake: waking one is charged to the process that it wakes.',
  metrics: {
    node: { title: 'CPU of all roles', unit: '% of a core', isCharted: true },
    postgres: { title: 'CPU of PostgreSQL', unit: '% of a core' },
    broker: { title: 'CPU of the broker', unit: '% of a core' },
    memory: { title: 'memory of a role', unit: 'MiB' },
  },
  candidates: () => [onStage({ name: 'mentor-sessions', kind: 'ours' }, { round })],
  goals: [{ metric: 'node', isAbsolute: true, atMost: 1 }],
  rounds: { full: 5 },
};
