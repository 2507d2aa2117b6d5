import { check } from './checker/check.ts';
import { compareWithModel, type Traced } from './evidence/compare-with-model.ts';
import { readTraces } from './evidence/traces.ts';
import { collect, quiesce } from './evidence/quiesce.ts';
import type { Evidence, Violation } from './evidence/evidence.ts';
import type { Load } from './driver/workload.ts';
import type { Fault } from './fault.ts';
import { randomOf } from './random.ts';
import { createFaultWorld, type FaultWorld, type WorldOptions } from './world/fault-world.ts';
import type { ServerRoom } from './world/servers.ts';

export type Run = {
  readonly fault: string;
  readonly seed: number;
  readonly seen: string;
  readonly violations: readonly Violation[];
  readonly figures: Figures;
  readonly seconds: number;
};
export type Figures = {
  readonly bookings: number;
  readonly accepted: number;
  readonly completed: number;
  readonly operations: number;
  /** Operations with an unknown outcome. */
  readonly unknown: number;
  /** Copies after the first delivery of each event. */
  readonly copies: number;
  readonly deadLetters: number;
};
type RunOptions = Pick<WorldOptions, 'planted' | 'unguard' | 'traces'> & {
  readonly seed: number;
  /** Fewer kills and repetitions. */
  readonly isSmall?: boolean;
  /** Replaces the fault's own settings. */
  readonly load?: Partial<Load>;
  /** Time (ms) for stories and messages to finish after the fault. */
  readonly patience?: number;
};

const PATIENCE_MS = 90_000;

const figuresOf = ({ bookings, sessions, operations, wire }: Evidence): Figures => ({
  bookings: bookings.bookings.length,
  accepted: bookings.bookings.filter(({ status }) => status === 'accepted').length,
  completed: sessions.sessions.filter(({ status }) => status === 'completed').length,
  operations: operations.length,
  unknown: operations.filter(({ outcome }) => outcome === 'info').length,
  copies: wire.length - new Set(wire.map(({ id }) => id)).size,
  deadLetters: sessions.deadLetters.length,
});

/** Repairs what the fault left, before the stories finish. */
const heal = (world: FaultWorld): void => {
  for (const role of world.allRoles()) {
    role.heal();
    role.current().signal('SIGCONT');
  }
};

const comeToRest = async (world: FaultWorld, patience: number): Promise<void> => {
  const timer = setTimeout(world.giveUp, patience);
  await world.workload.finish();
  clearTimeout(timer);
  await quiesce(world, patience);
};

export type Finished = {
  readonly run: Run;
  readonly evidence: Evidence;
  readonly logs: ReadonlyMap<string, string>;
  /** Traces compared with the models; null if not requested. */
  readonly traced: Traced | null;
};

/** Runs one fault with one seed, from an empty world to the checker's result. */
export const runFault = async (fault: Fault, room: ServerRoom, options: RunOptions): Promise<Finished> => {
  const { seed, planted, unguard, traces, isSmall = false, load, patience = PATIENCE_MS } = options;
  await fault.prepare?.();
  const startedAt = performance.now();
  const random = randomOf(`${fault.id}/${seed}`);
  const wanted = fault.setting?.(random.fork('setting'), isSmall) ?? {};
  const setting = { ...wanted, load: { ...wanted.load, ...load } };
  const servers = await room.get(setting.servers ?? 'usual');
  const world = await createFaultWorld({ random, setting, planted, traces, unguard, servers, isSmall });
  try {
    const seen = await fault.run(world).catch((error: unknown) => {
      world.expect(false, 'the fault can be done', String(error));
      return 'nothing: the fault could not be done';
    });
    heal(world);
    await comeToRest(world, patience);
    const evidence = await collect(world);
    const traced = traces ? await compareWithModel(await readTraces(world)) : null;
    const violations = [...world.broken, ...check(evidence), ...(traced?.violations ?? [])];
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    const run = { fault: fault.id, seed, seen, violations, figures: figuresOf(evidence), seconds };
    return { run, evidence, traced, logs: violations.length > 0 ? await world.logs() : new Map() };
  } finally {
    await world.close();
    await servers.close();
  }
};
