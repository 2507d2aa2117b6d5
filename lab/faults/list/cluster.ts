import type { ClusterNode, RabbitmqCluster } from '@mentor-sessions/lab/servers/rabbitmq-cluster';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { vhostOf } from './broker.ts';
import { seconds, untilNextSession } from './steps.ts';

const queue = 'sessions.booking-accepted';

/** The longest time (s) between two confirmed events of bookings. */
export const longestGap = async ({ rows }: FaultWorld): Promise<number> => {
  const [row] = await rows.bookings.query<{ gap: number }>(
    `select coalesce(max(extract(epoch from gap)), 0)::float8 as gap from (
       select published_at - lag(published_at) over (order by published_at) as gap from outbox_published) as gaps`,
  );
  return row?.gap ?? 0;
};

type Part = {
  readonly cluster: RabbitmqCluster;
  readonly leader: ClusterNode;
  readonly followers: readonly ClusterNode[];
};

const partsOf = async (world: FaultWorld): Promise<Part> => {
  const cluster = world.servers.cluster as RabbitmqCluster;
  const leader = await cluster.leaderOf(vhostOf(world), queue);
  return { cluster, leader, followers: cluster.nodes.filter(({ name }) => name !== leader.name) };
};

type Case = Omit<Fault, 'setting' | 'run'> & {
  readonly harm: (part: Part, world: FaultWorld) => Promise<void>;
  readonly repair: (part: Part) => Promise<void>;
  readonly lasts: number;
  /** The promised maximum (s) without a confirm. */
  readonly gap?: number;
};

const cluster = ({ harm, repair, lasts, gap, ...about }: Case): Fault => ({
  ...about,
  setting: () => ({ servers: 'cluster', load: { perSecond: 40 } }),
  run: async (world) => {
    const part = await partsOf(world);
    await world.workload.more(60);
    await harm(part, world);
    await seconds(lasts);
    const during = await longestGap(world);
    await repair(part);
    await part.cluster.heal();
    await part.cluster.settled(vhostOf(world));
    const next = await untilNextSession(world);
    const longest = await longestGap(world);
    if (gap !== undefined) world.expect(longest <= gap, `no longer than ${gap} s without a confirm`, { longest });
    const before = during < longest ? `, ${during.toFixed(1)} s of it while it lasted` : '';
    return `longest gap between confirmed events ${longest.toFixed(1)} s${before}; next session ${next} ms after it had settled`;
  },
});

const nothing = async (): Promise<void> => undefined;
const restart = async (node: ClusterNode): Promise<void> => {
  await node.stop();
  await node.start();
};

export const clusterFaults: readonly Fault[] = [
  cluster({
    id: 'F10',
    name: 'quorum leader killed',
    promise: 'no confirmed message lost; confirms again within 2 s',
    how: 'three nodes, kill -9 of the leader of the queue, started again 6 s later',
    lasts: 6,
    gap: 2,
    harm: ({ leader }) => leader.kill(),
    repair: ({ leader }) => leader.start(),
  }),
  cluster({
    id: 'F10 rolling',
    name: 'rolling restart of all nodes',
    promise: 'bookings and sessions continue',
    how: 'each of the three nodes SIGTERM and start, one after the other, as an upgrade does',
    lasts: 1,
    harm: async ({ cluster: { nodes, settled }, leader }, world) => {
      for (const node of [...nodes.filter(({ name }) => name !== leader.name), leader]) {
        await restart(node);
        await settled(vhostOf(world));
      }
    },
    repair: nothing,
  }),
  cluster({
    id: 'F11',
    name: 'quorum leader isolated',
    promise: 'the majority continues within 20 s; one cluster again afterwards',
    how: 'iptables between network namespaces, 18 s; pause_minority, net_ticktime 5 s',
    lasts: 18,
    gap: 20,
    harm: ({ cluster: { isolate }, leader }) => isolate(leader),
    repair: nothing,
  }),
  cluster({
    id: 'F11 gone',
    name: 'from clients too',
    promise: 'they move to another node within 30 s',
    how: 'as before, its clients’ links cut as well, 28 s',
    lasts: 28,
    gap: 30,
    harm: ({ cluster: { isolateFromAll }, leader }) => isolateFromAll(leader),
    repair: nothing,
  }),
  cluster({
    id: 'F11 follower',
    name: 'a follower isolated',
    promise: 'clients of that node move to another',
    how: 'as before, a follower, 18 s',
    lasts: 18,
    gap: 20,
    harm: ({ cluster: { isolate }, followers }, { random }) => isolate(random.pick(followers)),
    repair: nothing,
  }),
  cluster({
    id: 'F11 link',
    name: 'one link cut',
    promise: 'continues when the link is restored',
    how: 'as before, only between the leader and one follower, 15 s',
    lasts: 15,
    harm: ({ cluster: { cutLink }, leader, followers }, { random }) => cutLink(leader, random.pick(followers)),
    repair: nothing,
  }),
  cluster({
    id: 'F12',
    name: 'quorum leader paused beyond net_ticktime',
    promise: 'the majority continues within 30 s',
    how: 'SIGSTOP for 20 s, SIGCONT, its broker restarted if it stays apart (3.10 needs that)',
    lasts: 20,
    gap: 30,
    harm: async ({ leader }) => leader.pause(),
    repair: ({ leader }) => leader.resume(),
  }),
];
