import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { roleNames, type Role } from '../world/roles.ts';
import { until } from './steps.ts';

export const REQUESTS = 10_000;

/** The delay until a load balancer sees /readyz fail; the process listens for SHUTDOWN_DELAY. */
const BALANCER_LOOKS_EVERY_MS = 300;
const SHUTDOWN_DELAY = '1';

export const restarted = async (world: FaultWorld, role: Role): Promise<void> => {
  const restarting = role.restart();
  await pause(BALANCER_LOOKS_EVERY_MS);
  role.inRotation = false;
  await restarting;
  await role.waitReady();
  role.inRotation = true;
  const [ending] = role.endings.slice(-1);
  world.expect(ending === 0, `${role.name} ends with 0 within 10 s of SIGTERM`, ending);
};

/** Without a response, or with 5xx. */
export const failed = (world: FaultWorld) =>
  world.history.operations.filter(
    ({ outcome, answer }) => outcome === 'info' || answer === 'refused' || answer.startsWith('5'),
  );

type Restart = {
  /** Settings of the new process. */
  readonly before: (role: Role) => void;
  readonly between?: () => Promise<void>;
};

/** Restarts one process of each role, then the other one. */
export const restartAll = async (world: FaultWorld, { before, between }: Restart): Promise<void> => {
  for (const half of [0, 1]) {
    const roles = roleNames.flatMap((name) => world.roles(name)[half] ?? []);
    for (const role of roles) before(role);
    await Promise.all(roles.map((role) => restarted(world, role)));
    await between?.();
  }
};

/** Two processes of each role, which a load balancer can drain. */
export const twoOfEach = Object.fromEntries(roleNames.map((name) => [name, { count: 2, env: { SHUTDOWN_DELAY } }]));

const rolling: Fault = {
  id: 'F38',
  name: 'rolling restart of every role',
  promise: 'no request fails, and every process exits with 0 within 10 s',
  how: `two processes of each role, behind a balancer that sees within 0.3 s who is not ready, SHUTDOWN_DELAY=1; SIGTERM to one after the other, round and round, until ${REQUESTS} requests are answered`,
  setting: () => ({ roles: twoOfEach, load: { bookings: 1_500, perSecond: 110, moved: 0.7 } }),
  run: async (world) => {
    let count = 0;
    for (let turn = 0; world.history.operations.length < REQUESTS; turn++) {
      for (const name of roleNames) {
        await restarted(world, world.roles(name)[turn % 2] as Role);
        count += 1;
      }
    }
    await until(() => world.history.operations.length >= REQUESTS, 60_000);
    const bad = failed(world);
    world.expect(bad.length === 0, 'no request fails', bad.slice(0, 5));
    return `${count} restarts, ${world.history.operations.length} requests, ${bad.length} failed`;
  },
};

const workers: Fault = {
  id: 'F38 workers',
  name: 'workers stopped while working',
  promise: 'work is finished or requeued; every process exits with 0 within 10 s',
  how: 'SIGTERM to consumer and relays, 6 times each, while the consumer is slow and its hands are full',
  setting: () => ({
    roles: { 'sessions consumer': { points: () => 'consumer.handled:pause=150@1+' } },
    load: { perSecond: 120 },
  }),
  run: async (world) => {
    for (let count = 0; count < 6; count++) {
      await world.workload.more(40);
      for (const name of ['sessions consumer', 'bookings relay', 'sessions relay'] as const)
        await restarted(world, world.role(name));
    }
    return '18 restarts';
  },
};

const races: Fault = {
  id: 'F38 races',
  name: 'concurrent requests',
  promise: 'one concurrent request wins, the others get 409; unauthorized ones 403',
  how: 'no fault but people: two apis each, every session moved on, 250 stories a second',
  setting: () => ({
    roles: { 'bookings api': { count: 2 }, 'sessions api': { count: 2 } },
    load: { perSecond: 250, moved: 1 },
  }),
  run: async (world) => {
    await world.workload.more(300);
    return 'as promised';
  },
};

export const rollingRestarts: readonly Fault[] = [rolling, workers, races];
