import { randomOf } from '../random.ts';
import { callFaster } from './broker/amqplib.ts';
import { drive, turnOfTheLoop } from './clock/drive.ts';
import { createScheduler } from './clock/scheduler.ts';
import { installVirtualTime, useVirtualTime } from './clock/virtual-time.ts';
import { checkHandling } from './checks/handling.ts';
import { isAtRest } from './checks/rest.ts';
import { checkTransitions } from './checks/transitions.ts';
import { violation, type Violation } from './checks/violations.ts';
import { checkWire } from './checks/wire.ts';
import { sweepIdle, unleash } from './world/faults.ts';
import { plan } from './world/plan.ts';
import type { SimulatedProcess } from './world/process.ts';
import { calm, drawSwarm, type Swarm } from './world/swarm.ts';
import { beginTraces, takeTraces } from './world/traced.ts';
import { createWorld, release, type World } from './world/world.ts';

export type SimulationResult = {
  readonly seed: number | string;
  readonly violations: readonly Violation[];
  readonly swarm: Swarm;
  readonly steps: number;
  /** Virtual milliseconds. */
  readonly lasted: number;
  /** Equal when every choice was made alike. */
  readonly trace: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Empty unless requested. */
  readonly traces: ReturnType<typeof takeTraces>;
};

export type SimulationOptions = { readonly swarm?: Partial<Swarm>; readonly withoutFaults?: boolean };

const MAX_STEPS = 200_000;
/** The slowest promised recovery: heartbeats, confirm timeout and topology check one after the other, twice. */
const REST_WITHIN_MS = 180_000;
const LOOK_EVERY_STEPS = 16;

const countsOf = ({ accepted, wire, sessions, operations, hostile, destroyed, deadLettered }: World) => ({
  bookings: accepted.length,
  published: wire.length,
  handled: sessions.effects.length,
  transitions: operations.filter(({ outcome }) => outcome === 'ok').length,
  unknown: operations.filter(({ outcome }) => outcome === 'unknown').length,
  hostile: hostile.length,
  destroyed: destroyed.size,
  deadLettered: deadLettered.size,
  deadLetters: sessions.deadLetters.committed().length,
});

const atRestOrTooLate = (world: World) => {
  const { scheduler, swarm } = world;
  let rested = false;
  const isOver = (): boolean => {
    if (world.faulty || scheduler.steps() % LOOK_EVERY_STEPS > 0) return false;
    rested = isAtRest(world);
    return rested || scheduler.steps() > MAX_STEPS || scheduler.now() > swarm.faultsEndAt + REST_WITHIN_MS;
  };
  return { isOver, rested: () => rested };
};

const unrested = ({ bookings, sessions, broker }: World): Violation =>
  violation('after the faults everything comes to rest', {
    outboxes: [bookings.outbox.committed().length, sessions.outbox.committed().length],
    queues: [...broker.queues.values()].map(({ name, ready, unacked }) => ({ name, ready: ready.length, unacked })),
  });

/** Most start at once, some late, so that work accumulates. */
const startSomeTime = ({ scheduler, random, swarm }: World, process: SimulatedProcess): void =>
  void scheduler.timer(null, random.chance(swarm.lateStarts) ? random.int(0, swarm.faultsEndAt) : 0, process.start);

installVirtualTime();
callFaster();

/** One history: draws faults, injects them, waits until everything is at rest, and checks. */
export const runHistory = async (seed: number | string, options: SimulationOptions = {}): Promise<SimulationResult> => {
  const random = randomOf(seed);
  const swarm = { ...(options.withoutFaults ? calm : drawSwarm(random)), ...options.swarm };
  const scheduler = createScheduler({ random, impatience: swarm.impatience });
  useVirtualTime({ scheduler, random });
  beginTraces(scheduler);
  try {
    const world = createWorld({ scheduler, random, swarm });
    plan(world);
    unleash(world);
    sweepIdle(world);
    for (const process of world.processes) startSomeTime(world, process);
    const { isOver, rested } = atRestOrTooLate(world);
    await drive(scheduler, isOver);
    release(world);
    await turnOfTheLoop();
    const violations = rested()
      ? [...checkWire(world), ...checkHandling(world), ...checkTransitions(world)]
      : [unrested(world)];
    return {
      seed,
      violations,
      swarm,
      steps: scheduler.steps(),
      lasted: scheduler.now(),
      trace: scheduler.trace(),
      counts: countsOf(world),
      traces: takeTraces(world),
    };
  } finally {
    useVirtualTime(null);
  }
};
