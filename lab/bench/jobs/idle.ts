import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { freePort } from '@mentor-sessions/local-stack/ports';
import { everyRole, type RoleName } from '@mentor-sessions/local-stack/system';
import type { Candidate, Job, Sample } from '../harness/job.ts';
import { startMeter, keepAwake } from '../harness/measure/meter.ts';
import { memoryOf, wakeUpsOf } from '../harness/measure/proc.ts';
import { onStage, type Stage } from '../harness/stage.ts';
import { startScript, stopAll, type Process } from '../harness/processes.ts';
import type { Scale, World } from '../harness/world.ts';

const sizes: Record<Scale, { settleMs: number; seconds: number }> = {
  smoke: { settleMs: 0, seconds: 0.5 },
  quick: { settleMs: 2_000, seconds: 6 },
  // garbage of the start is collected after half a minute
  full: { settleMs: 40_000, seconds: 20 },
  long: { settleMs: 40_000, seconds: 20 },
};

type Start = (stage: Stage, role: RoleName) => Promise<Process>;

/** Transactions of a database so far; each statement of an idle role is one. */
const transactionsOf = async (owner: pg.Pool): Promise<number> => {
  const { rows } = await owner.query<{ count: string }>(
    'select xact_commit + xact_rollback as count from pg_stat_database where datname = current_database()',
  );
  return Number(rows[0]?.count);
};

const round = async (world: World, stage: Stage, start: Start): Promise<Sample> => {
  const { settleMs, seconds } = sizes[world.scale];
  const processes = await Promise.all(everyRole.map((role) => start(stage, role)));
  const letSleep = keepAwake();
  try {
    await pause(settleMs);
    const counted = async () => ({
      statements: (await transactionsOf(stage.bookings)) + (await transactionsOf(stage.sessions)),
      wakeUps: processes.reduce((sum, { pid }) => sum + wakeUpsOf(pid), 0),
    });
    const before = await counted();
    const stop = startMeter(world, processes);
    await pause(seconds * 1_000);
    const { seconds: took, node, postgres, broker } = stop();
    const after = await counted();
    const percent = (us: number): number => us / took / 10_000;
    return {
      node: percent(node),
      postgres: percent(postgres),
      broker: percent(broker),
      wakeUps: (after.wakeUps - before.wakeUps) / took,
      statements: (after.statements - before.statements) / took,
      memory: processes.reduce((sum, { pid }) => sum + memoryOf(pid), 0) / processes.length,
    };
  } finally {
    letSleep();
    await stopAll(processes);
  }
};

const floor: Start = async ({ stack }, name) => {
  const [service, role] = name.split(' ') as ['bookings' | 'sessions', string];
  const { databaseUrl: DATABASE_URL, amqpUrl: AMQP_URL } = stack[service];
  return startScript('floor/idle.ts', { DATABASE_URL, AMQP_URL, ROLE: role, PORT: String(await freePort()) });
};

const candidate = (name: string, kind: Candidate['kind'], start: Start): Candidate =>
  onStage({ name, kind }, { round: (world, stage) => round(world, stage, start) });

export const idleJob: Job = {
  name: 'idle',
  title:
    'All six roles, ready, with nothing to do; the floor is bare code with the same connections, heartbeats and polls. Idle loops keep the processors awake.',
  metrics: {
    node: { title: 'CPU of all roles', unit: '% of a core', isCharted: true },
    postgres: { title: 'CPU of PostgreSQL', unit: '% of a core' },
    broker: { title: 'CPU of the broker', unit: '% of a core' },
    wakeUps: { title: 'wake-ups', unit: 'a second', isCharted: true },
    statements: { title: 'transactions', unit: 'a second', isCharted: true },
    memory: { title: 'memory of a role', unit: 'MiB' },
  },
  candidates: () => [
    candidate('floor', 'floor', floor),
    candidate('mentor-sessions', 'ours', (stage, role) => stage.start(role)),
  ],
  goals: [{ metric: 'node', atMost: 1.3 }],
  rounds: { full: 5 },
};
