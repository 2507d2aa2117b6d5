import type { SmallDiskPostgres } from '@mentor-sessions/lab/servers/small-disk-postgres';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { roleNames } from '../world/roles.ts';
import { answersSince, failOver } from './dba.ts';
import { throughLinks } from './links.ts';
import { allReady, seconds, untilNextSession } from './steps.ts';

const awayAndBack = async (world: FaultWorld, how: 'stop' | 'kill', away: number): Promise<string> => {
  await world.workload.more(80);
  await world.backing.postgres[how]();
  await seconds(away);
  await world.backing.postgres.start();
  const first = await untilNextSession(world);
  world.expect(first <= 2_000, 'the first session is made within 2 s after PostgreSQL is back', { first });
  await allReady(world);
  return `first session ${first} ms after PostgreSQL was back`;
};

export const databaseRestarts: readonly Fault[] = [
  {
    id: 'F16',
    name: 'PostgreSQL restarted',
    promise: '503 with Retry-After; first session within 2 s',
    how: 'both databases: SIGINT, 1 s away, start; twice',
    run: async (world) => `${await awayAndBack(world, 'stop', 1)}; ${await awayAndBack(world, 'stop', 1)}`,
  },
  {
    id: 'F16 killed',
    name: 'PostgreSQL killed and recovered',
    promise: 'no acknowledged booking or transition is lost; first session within 2 s',
    how: 'both databases: kill -9 of the postmaster, start (crash recovery); twice',
    run: async (world) => `${await awayAndBack(world, 'kill', 0.2)}; ${await awayAndBack(world, 'kill', 2)}`,
  },
];

const toStandby: Fault = {
  id: 'F17',
  name: 'failover to a streaming standby',
  promise: 'continues on the new primary',
  how: 'primary and synchronous standby; kill -9 of the primary, promotion, the roles’ addresses retargeted',
  setting: () => ({ servers: 'pair', ...throughLinks(roleNames, 'database') }),
  run: async (world) => {
    await world.workload.more(150);
    return failOver(world);
  },
};

const fullDisk: Fault = {
  id: 'F35',
  name: 'disk of PostgreSQL full',
  promise: '503 while it is full, nothing dead-lettered; recovers',
  how: 'data directory on a small tmpfs that is filled for 6 s, twice',
  setting: () => ({ servers: 'small disk', load: { perSecond: 60 } }),
  run: async (world) => {
    const disk = world.servers.disk as SmallDiskPostgres;
    for (let count = 0; count < 2; count++) {
      await world.workload.more(60);
      await disk.fill();
      await seconds(6);
      await disk.free();
      await untilNextSession(world);
    }
    const refused = answersSince(world, 0, '503');
    world.expect(refused > 0, 'the fault happened: writes were refused', refused);
    return `${refused} answers of 503`;
  },
};

export const otherDatabases: readonly Fault[] = [toStandby, fullDisk];
