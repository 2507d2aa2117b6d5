import type { Fault } from '../fault.ts';
import type { Setting } from '../world/servers.ts';
import type { Random } from '../random.ts';
import type { RoleName } from '../world/roles.ts';
import { untilKilled } from './steps.ts';

const KILLS = 5;
const SMALL_KILLS = 2;

type Kills = { readonly role: RoleName; readonly points: readonly string[]; readonly latestHit: number };

/** Each generation dies at one of these points, each at another visit; the last one survives. */
const dyingAt = ({ points, latestHit }: Kills, random: Random, count: number) => {
  const plan = Array.from({ length: count }, () => `${random.pick(points)}:kill@${random.int(1, latestHit)}`);
  return (generation: number): string | undefined => plan[generation];
};

const killing = (all: readonly Kills[], about: Pick<Fault, 'id' | 'name' | 'promise'>): Fault => ({
  ...about,
  how: `kill -9 at ${all.map(({ role, points }) => `${points.join(' or ')} (${role})`).join(' and at ')}, ${KILLS} times each`,
  setting: (random, isSmall): Setting => {
    const count = isSmall ? SMALL_KILLS : KILLS;
    return { roles: Object.fromEntries(all.map((kills) => [kills.role, { points: dyingAt(kills, random, count) }])) };
  },
  run: async (world) => {
    const count = world.isSmall ? SMALL_KILLS : KILLS;
    return (await Promise.all(all.map(({ role }) => untilKilled(world, role, count)))).join(', ');
  },
});

export const killedProcesses: readonly Fault[] = [
  killing([{ role: 'bookings relay', points: ['relay.published'], latestHit: 40 }], {
    id: 'F1',
    name: 'relay killed between publish and confirm',
    promise: 'republished under the same id, one session',
  }),
  killing([{ role: 'bookings relay', points: ['relay.confirmed', 'relay.moved'], latestHit: 15 }], {
    id: 'F2',
    name: 'relay killed between confirm and commit',
    promise: 'published twice, one session',
  }),
  killing([{ role: 'bookings api', points: ['api.committed'], latestHit: 60 }], {
    id: 'F3',
    name: 'bookings api killed between commit and response',
    promise: 'committed changes have their event; a retry finds them done',
  }),
  killing([{ role: 'bookings api', points: ['api.deciding'], latestHit: 60 }], {
    id: 'F4',
    name: 'bookings api killed before its commit',
    promise: 'neither booking nor event',
  }),
  killing(
    [
      {
        role: 'sessions consumer',
        points: ['consumer.received', 'consumer.entered', 'consumer.handled'],
        latestHit: 12,
      },
    ],
    { id: 'F5', name: 'consumer killed before its commit', promise: 'delivered again, one session' },
  ),
  killing([{ role: 'sessions consumer', points: ['consumer.committed', 'consumer.acked'], latestHit: 12 }], {
    id: 'F6',
    name: 'consumer killed after its commit, before or during acknowledgement',
    promise: 'redelivered, a duplicate, acknowledged',
  }),
  killing(
    [
      { role: 'sessions api', points: ['api.deciding', 'api.committed'], latestHit: 30 },
      {
        role: 'sessions relay',
        points: ['relay.published', 'relay.confirmed', 'relay.moved', 'relay.committed'],
        latestHit: 15,
      },
    ],
    {
      id: 'F7',
      name: 'sessions api and relay killed around session.completed',
      promise: 'a completed session has its event, no other has',
    },
  ),
];
