import type { Fault } from '../fault.ts';
import { allReady, deaths, seconds, until, untilKilled } from './steps.ts';

/** A little longer than three missed heartbeats of 8 s. */
const STALL_MS = 27_000;

const paused: Fault = {
  id: 'F36',
  name: 'ten relays at once, one paused in mid-batch and resumed',
  promise: 'order kept, duplicates allowed',
  how: '10 bookings relays, 3 sessions relays; SIGSTOP for 13 s to one that has just claimed rows, longer than the database lets a transaction idle',
  setting: () => ({
    roles: {
      'bookings relay': { count: 10, points: () => 'relay.claimed:pause=30@5+' },
      'sessions relay': { count: 3 },
    },
    load: { perSecond: 40 },
  }),
  run: async (world) => {
    const victims = [
      world.random.pick(world.roles('bookings relay')),
      world.random.pick(world.roles('sessions relay')),
    ];
    await world.workload.more(60);
    for (const victim of victims) victim.current().signal('SIGSTOP');
    await seconds(13);
    for (const victim of victims) victim.current().signal('SIGCONT');
    await world.workload.more(60);
    return `two relays of thirteen stood still for 13 s`;
  },
};

const stalled: Fault = {
  id: 'F39',
  name: 'event loop stalled for three heartbeats',
  promise: 'the broker closes the connection; duplicates, one session each',
  how: `consumer, bookings relay and sessions relay stand still for ${STALL_MS / 1_000} s inside their work`,
  setting: (random) => ({
    roles: {
      'sessions consumer': { points: () => `consumer.handled:stall=${STALL_MS}@${random.int(2, 10)}` },
      'bookings relay': { points: () => `relay.confirmed:stall=${STALL_MS}@${random.int(2, 10)}` },
      'sessions relay': { points: () => `relay.claimed:stall=${STALL_MS}@${random.int(2, 10)}` },
    },
    load: { perSecond: 15 },
  }),
  run: async (world) => {
    await seconds(STALL_MS / 1_000 + 3);
    await allReady(world);
    return `deaths: ${deaths(world.allRoles())}; all ready again`;
  },
};

const thrown: Fault = {
  id: 'F33 thrown',
  name: 'occasional exceptions at every fault point',
  promise: 'the step is retried; does not count against the message',
  how: 'relay, consumer and apis throw at a random visit of each of their points',
  setting: (random) => {
    const throwing = (...points: string[]) => ({
      points: () => points.map((point) => `${point}:throw@${random.int(2, 12)}`).join(','),
    });
    return {
      roles: {
        'bookings relay': throwing('relay.claimed', 'relay.confirmed', 'relay.moved', 'relay.committed'),
        'sessions relay': throwing('relay.claimed', 'relay.confirmed', 'relay.moved', 'relay.committed'),
        'sessions consumer': throwing(
          'consumer.received',
          'consumer.entered',
          'consumer.handled',
          'consumer.committed',
        ),
      },
    };
  },
  run: async (world) => {
    await world.workload.more(300);
    return 'all points thrown at once or more';
  },
};

const outOfMemory: Fault = {
  id: 'F42',
  name: 'out of memory',
  promise: 'the process dies and another continues',
  how: 'consumer, relay and apis with a heap of 64 MB allocate until they die, at a random fault point',
  setting: (random) => {
    const hungry = (point: string) => ({
      nodeOptions: ['--max-old-space-size=64'],
      points: (generation: number) => (generation < 2 ? `${point}:oom@${random.int(3, 20)}` : undefined),
    });
    return {
      roles: {
        'bookings api': hungry('api.committed'),
        'bookings relay': hungry('relay.confirmed'),
        'sessions consumer': hungry('consumer.handled'),
      },
    };
  },
  run: async (world) => {
    const roles = ['bookings api', 'bookings relay', 'sessions consumer'] as const;
    return (await Promise.all(roles.map((role) => untilKilled(world, role, 2)))).join(', ');
  },
};

const outOfDescriptors: Fault = {
  id: 'F42 descriptors',
  name: 'out of file descriptors',
  promise: 'connections are refused or answered 503; recovers',
  how: 'the apis may open 56 files, and 120 connections are held open to each for 4 s',
  setting: () => ({
    roles: {
      'bookings api': { under: ['prlimit', '--nofile=56'] },
      'sessions api': { under: ['prlimit', '--nofile=56'] },
    },
    load: { perSecond: 30 },
  }),
  run: async (world) => {
    const { connect } = await import('node:net');
    await world.workload.more(40);
    const apis = [...world.roles('bookings api'), ...world.roles('sessions api')];
    const held = apis.flatMap(({ url }) =>
      Array.from({ length: 120 }, () => connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined)),
    );
    await seconds(4);
    const refused = held.filter((socket) => socket.destroyed || socket.closed).length;
    for (const socket of held) socket.destroy();
    const answered = await until(() => apis.every((api) => !api.current().hasExited()), 1_000);
    world.expect(answered, 'no api dies of it', deaths(apis));
    return `${refused} of ${held.length} idle connections dropped, both apis alive`;
  },
};

export const processTrouble: readonly Fault[] = [thrown, paused, stalled, outOfMemory, outOfDescriptors];
