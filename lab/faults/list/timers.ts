import { randomUUID } from 'node:crypto';
import { createAsking } from '../driver/http.ts';
import { invite, type Mentor, type Person } from '../driver/people.ts';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { roleNames, services, type RoleName, type RoleSetting } from '../world/roles.ts';
import { ensureClockLibrary, jumpingClocks, jumpClocks } from './clocks.ts';
import { failOver } from './dba.ts';
import { throughLinks } from './links.ts';
import {
  allReady,
  countOf,
  expectWithin,
  pauseWorkers,
  seconds,
  until,
  untilKilled,
  untilNextSession,
} from './steps.ts';

const relays = ['bookings relay', 'sessions relay'] as const satisfies RoleName[];

const SOON_SECONDS = 3_590;
const timing = { startingSoonSeconds: [SOON_SECONDS, 2], completionGraceSeconds: 2 };

/** The time until the first is due: enough for a hundred requests and their sessions on a busy machine. */
const AHEAD_MS = 20_000;
const SPREAD_MS = 4_000;
const CROWD = 100;

const kinds = ['stays a draft', 'never starts', 'never ends', 'ends', 'starts soon'] as const;

type Plan = { readonly kind: (typeof kinds)[number]; readonly mentor: Mentor; readonly mentee: Person };

/** Bookings of separate mentors: they start in some seconds and last one; a fifth of them starts in an hour. */
const meet = async (world: FaultWorld, { kind, mentor, mentee }: Plan, wait: number): Promise<void> => {
  const ask = createAsking(world.http, world.history, world.leaks);
  const far = kind === 'starts soon' ? SOON_SECONDS * 1_000 : 0;
  const at = (ms: number) => new Date(Date.now() + ms + far).toISOString();
  const hour = { start: at(AHEAD_MS + wait), end: at(AHEAD_MS + wait + 1_000) };
  const body = { listingId: randomUUID(), mentorProfileId: mentor.mentorProfileId, ...hour };
  const made = await ask(mentee, { action: 'create', aggregate: 'booking', id: null, body });
  if (kind === 'stays a draft') return;
  const id = String(made.body?.['id']);
  const accepted = await ask(mentor, { action: 'accept', aggregate: 'booking', id });
  const session = { aggregate: 'session', id: String(accepted.body?.['sessionId']) } as const;
  const isThere = async () => (await ask(mentee, { action: 'read', ...session })).outcome === 'ok';
  await expectWithin(world, AHEAD_MS, 'a session is there before it starts', isThere, () => session);
  if (kind === 'never ends' || kind === 'ends') await ask(mentee, { action: 'start', ...session });
  if (kind === 'ends') await ask(mentor, { action: 'complete', ...session });
};

/** Creates many bookings and sessions whose timed events are due soon, at nearly the same time. */
const gather = async (world: FaultWorld): Promise<void> => {
  const { mentors, mentees } = await invite(world.stack.token, CROWD);
  const plans = mentors.map((mentor, n): [Plan, number] => [
    { kind: kinds[n % kinds.length] ?? 'ends', mentor, mentee: mentees[n] as Person },
    world.random.int(0, SPREAD_MS),
  ]);
  await Promise.all(plans.map(([plan, wait]) => meet(world, plan, wait)));
};

const due = (world: FaultWorld) => countOf(world, 'sessions', `timers where due_at <= now()`);

const untilDue = (world: FaultWorld): Promise<boolean> =>
  expectWithin(world, 30_000, 'the fault happened: something was due', async () => (await due(world)) > 0);

/** Waits until all their timed events are published; sessions that start in an hour have none yet. */
const untilPublished = async (world: FaultWorld): Promise<string> => {
  const near = `timers where due_at < now() + interval '30 minutes'`;
  const isPublished = async () => {
    const counts = await Promise.all(services.map((service) => countOf(world, service, near)));
    return counts.every((count) => count === 0);
  };
  await until(isPublished, 60_000);
  const published = await Promise.all(services.map((service) => countOf(world, service, 'timer_events')));
  return `${published.join(' and ')} events`;
};

type Case = Pick<Fault, 'id' | 'name' | 'promise' | 'how' | 'prepare'> & {
  readonly roles?: Fault['setting'];
  readonly harm: (world: FaultWorld) => Promise<string>;
};

const inACrowd = ({ roles, harm, how, ...about }: Case): Fault => ({
  ...about,
  how: `${CROWD} bookings of which something is due within seconds; ${how}`,
  setting: (random, isSmall) => ({ ...roles?.(random, isSmall), timing, load: { bookings: 120, perSecond: 10 } }),
  run: async (world) => {
    await gather(world);
    const seen = await harm(world);
    return `${seen}; ${await untilPublished(world)}`;
  },
});

const ofRelays = (setting: RoleSetting) => ({ roles: Object.fromEntries(relays.map((name) => [name, setting])) });

/** Before and after the timer's commit, and around the confirm of its events. */
const killed = inACrowd({
  id: 'F57',
  name: 'relay killed at the timer’s commit and at its events’ confirms',
  promise: 'each event that follows from time is published once, never early',
  how: 'kill -9 of each relay at timer.written, timer.committed and relay.published, confirmed or moved',
  roles: (random) => {
    const around = ['relay.published', 'relay.confirmed', 'relay.moved'];
    const plan = ['timer.written:kill', 'timer.committed:kill', `${random.pick(around)}:kill`];
    return ofRelays({ points: (generation) => plan[generation] });
  },
  harm: async (world) => (await Promise.all(relays.map((name) => untilKilled(world, name, 3)))).join(', '),
});

const clocks = inACrowd({
  id: 'F57 clocks',
  name: 'relay clocks an hour ahead, an hour behind, and jumping',
  promise: 'the clock of the process does not matter',
  how: 'libfaketime: + 1 h, − 1 h, then by up to ± 2 h every 300 ms, while all becomes due; two relays of each service',
  prepare: ensureClockLibrary,
  roles: () => ofRelays({ ...jumpingClocks(), count: 2 }),
  harm: (world) => jumpClocks(world, [3_600, -3_600], 60),
});

const several = inACrowd({
  id: 'F57 replicas',
  name: 'three timers with open transactions',
  promise: 'each event once',
  how: 'three relays of each service; every transaction of a timer that wrote an event is held open for a second',
  roles: () => ofRelays({ count: 3, points: () => 'timer.written:pause=1000@1+' }),
  harm: async (world) => {
    await untilDue(world);
    return 'as promised';
  },
});

const restarted = inACrowd({
  id: 'F57 database',
  name: 'PostgreSQL killed meanwhile',
  promise: 'each event once',
  how: 'kill -9 of the postmaster, start; three times while all becomes due',
  harm: async (world) => {
    await untilDue(world);
    for (let count = 0; count < 3; count++) {
      await seconds(world.random.int(5, 20) / 10);
      await world.backing.postgres.kill();
      await world.backing.postgres.start();
      await untilNextSession(world);
    }
    await allReady(world);
    return 'killed 3 times';
  },
});

const failedOver = inACrowd({
  id: 'F57 failover',
  name: 'failover meanwhile',
  promise: 'each event once',
  how: 'kill -9 of the primary while all becomes due, promotion',
  roles: () => ({ servers: 'pair', ...throughLinks(roleNames, 'database') }),
  harm: async (world) => {
    await untilDue(world);
    await seconds(world.random.int(0, 20) / 10);
    return failOver(world);
  },
});

const paused = inACrowd({
  id: 'F57 paused',
  name: 'timers paused until all is overdue, then resumed',
  promise: 'what is still true is published late, the rest never',
  how: 'the timers are paused before the first is due, and resumed 10 s after the last',
  harm: async (world) => {
    await pauseWorkers(world, 'timer', true);
    await untilDue(world);
    await seconds(SPREAD_MS / 1_000 + timing.completionGraceSeconds + 10);
    const waiting = await due(world);
    await pauseWorkers(world, 'timer', false);
    return `${waiting} sessions were due when the timers were resumed`;
  },
});

export const timers: readonly Fault[] = [killed, clocks, several, restarted, failedOver, paused];
