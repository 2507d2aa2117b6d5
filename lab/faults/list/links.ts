import { isStatement, type Cut, type TcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { Fault } from '../fault.ts';
import type { Setting } from '../world/servers.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { roleNames, type Peer, type RoleName } from '../world/roles.ts';
import { allReady, seconds, until, untilNextSession } from './steps.ts';

export const workers = ['bookings relay', 'sessions relay', 'sessions consumer'] as const;

export const throughLinks = (names: readonly RoleName[], peer: Peer): Setting => ({
  roles: Object.fromEntries(names.map((name) => [name, { through: [peer] }])),
});
export const linksOf = (world: FaultWorld, names: readonly RoleName[], peer: Peer): TcpProxy[] =>
  names.flatMap((name) => world.roles(name).map((role) => role.link(peer)));

/** The autocommit statements of the APIs. */
export const isWrite = isStatement(/^(booking|session)-(insert|update)(-alone)?$/);

type Struck = { readonly times: number; readonly cuts: number; readonly within: number };

/** Waits until so many cuts have struck so many times, or for `within` ms; returns how often they struck in all. */
export const untilStruck = async (all: readonly Cut[], { times, cuts, within }: Struck): Promise<number> => {
  await until(() => all.filter((cut) => cut.hits() >= times).length >= cuts, within);
  for (const cut of all) cut.cancel();
  return all.reduce((sum, cut) => sum + cut.hits(), 0);
};

/** Longer than three heartbeats of 8 s and than every timeout of the database's client. */
const SILENCE_SECONDS = 28;

type Harm = Omit<Fault, 'setting' | 'run'> & {
  readonly peer: Peer;
  readonly perSecond: number;
  readonly run: (world: FaultWorld, links: readonly TcpProxy[]) => Promise<string>;
};

/** Every role that has the peer reaches it through a link. */
const onLinks = ({ peer, perSecond, run, ...about }: Harm): Fault => {
  const names = peer === 'broker' ? workers : roleNames;
  return {
    ...about,
    setting: () => ({ ...throughLinks(names, peer), load: { perSecond } }),
    run: (world) => run(world, linksOf(world, names, peer)),
  };
};

type About = Pick<Harm, 'id' | 'name' | 'peer'>;

const silent = ({ direction, ...about }: About & { readonly direction?: 'up' | 'down' }): Fault =>
  onLinks({
    ...about,
    promise: 'detected by heartbeat or timeout; recovers',
    how: `proxy: sockets stay open, ${direction ? `nothing passes ${direction === 'up' ? 'to' : 'from'} the ${about.peer}` : 'nothing passes'} for ${SILENCE_SECONDS} s`,
    perSecond: 15,
    run: async (world, links) => {
      await world.workload.more(40);
      for (const link of links) link.blackHole(direction);
      await seconds(SILENCE_SECONDS);
      for (const link of links) link.heal();
      const first = await untilNextSession(world);
      await allReady(world);
      return `first session ${first} ms after the link was healed`;
    },
  });

const slow = ({ slow: make, ...about }: About & { readonly slow: (link: TcpProxy) => void }): Fault =>
  onLinks({
    ...about,
    promise: 'correct, only slower',
    how: `proxy between all roles and the ${about.peer}`,
    perSecond: 30,
    run: async (world, links) => {
      for (const link of links) make(link);
      await world.workload.more(200);
      return 'as promised';
    },
  });

const resetNowAndThen = (id: string, peer: Peer): Fault =>
  onLinks({
    id,
    peer,
    name: 'connections reset again and again',
    promise: 'reconnects; no valid message dead-lettered',
    how: 'RST to both ends of one role’s connections every 150–600 ms, 30 times',
    perSecond: 50,
    run: async (world, links) => {
      for (let count = 0; count < 30; count++) {
        world.random.pick(links).reset();
        await seconds(world.random.int(15, 60) / 100);
      }
      return '30 resets';
    },
  });

export const brokerLinks: readonly Fault[] = [
  silent({ id: 'F13', name: 'link to the broker black-holed', peer: 'broker' }),
  silent({ id: 'F14', name: 'link to the broker half-open, nothing reaches it', peer: 'broker', direction: 'up' }),
  silent({ id: 'F14 down', name: 'nothing passes from it', peer: 'broker', direction: 'down' }),
  slow({ id: 'F15', name: 'broker 200 ± 150 ms away', peer: 'broker', slow: (link) => link.latency(200, 150) }),
  slow({
    id: 'F15 slices',
    name: 'byte by byte',
    peer: 'broker',
    slow: (link) => link.slice(1),
  }),
  slow({ id: 'F15 bandwidth', name: '64 KB/s to the broker', peer: 'broker', slow: (link) => link.bandwidth(65_536) }),
  resetNowAndThen('F15 reset', 'broker'),
];

export const databaseLinks: readonly Fault[] = [
  silent({ id: 'F20', name: 'link to PostgreSQL black-holed', peer: 'database' }),
  silent({
    id: 'F20 down',
    name: 'half-open, its responses are lost',
    peer: 'database',
    direction: 'down',
  }),
  slow({
    id: 'F20 slices',
    name: 'three bytes at a time',
    peer: 'database',
    slow: (link) => link.slice(3),
  }),
  slow({ id: 'F35 slow', name: 'PostgreSQL 250 ms away', peer: 'database', slow: (link) => link.latency(250, 50) }),
  resetNowAndThen('F20 reset', 'database'),
];
