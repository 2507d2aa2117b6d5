import { switchOver } from '@mentor-sessions/lab/servers/patroni-cluster';
import type { RabbitmqCluster } from '@mentor-sessions/lab/servers/rabbitmq-cluster';
import type { Operation } from '../evidence/history.ts';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { vhostOf } from './broker.ts';
import { roleNames, type Role } from '../world/roles.ts';
import { failed, restarted, twoOfEach } from './rolling.ts';
import { allReady, untilNextSession } from './steps.ts';
import { longestGap, patroniOf } from './writes.ts';

const brokers = async (world: FaultWorld): Promise<void> => {
  const { nodes, settled } = world.servers.cluster as RabbitmqCluster;
  for (const node of nodes) {
    await node.stop();
    await node.start();
    await settled(vhostOf(world));
  }
};

type Span = { readonly from: number; readonly to: number };

/** The maximum duration of a switchover. */
const SWITCH_MS = 15_000;
/** hard-stop-after in deploy/postgresql/haproxy.cfg, and the time to reconnect. */
const RELOAD_MS = 10_000;

const spanFromNow = (ms: number): Span => ({ from: performance.now(), to: performance.now() + ms });

/** First the standbys, then a switchover, then the former primary. */
const databases = async (world: FaultWorld): Promise<Span> => {
  const patroni = patroniOf(world);
  const primary = await patroni.primary();
  const restart = async (node: typeof primary): Promise<void> => {
    await node.stop();
    await node.startEtcd();
    await node.startPatroni();
    await patroni.settled();
  };
  for (const node of patroni.nodes) if (node !== primary) await restart(node);
  const span = spanFromNow(SWITCH_MS);
  await switchOver(patroni);
  await patroni.settled();
  await restart(primary);
  return span;
};

/** One of the two processes of each role at a time. */
const roles = async (world: FaultWorld): Promise<void> => {
  for (const nth of [0, 1])
    await Promise.all(roleNames.map((name) => restarted(world, world.roles(name)[nth] as Role)));
};

export const everythingRestarted: Fault = {
  id: 'F58 rolling',
  name: 'rolling restart of everything',
  promise: 'no request fails, except with 503 for 15 s of the switchover and while HAProxy’s old process ends',
  how: 'one after the other: three brokers, machine by machine Patroni with PostgreSQL and etcd (switched over before the primary’s), reload of HAProxy, two processes of each role; SHUTDOWN_DELAY=1',
  setting: () => ({ servers: 'patroni', roles: twoOfEach, load: { perSecond: 25 } }),
  run: async (world) => {
    await world.workload.more(40);
    await brokers(world);
    const switched = await databases(world);
    const reloaded = spanFromNow(RELOAD_MS);
    patroniOf(world).proxy.reload();
    await roles(world);
    await untilNextSession(world);
    await allReady(world);
    const bad = failed(world);
    const within = ({ invokedAt, endedAt }: Operation, { from, to }: Span) => endedAt > from && invokedAt < to;
    const count = (span: Span) => bad.filter((operation) => within(operation, span)).length;
    const unexplained = bad.filter(
      (operation) =>
        !operation.answer.startsWith('503') || ![switched, reloaded].some((span) => within(operation, span)),
    );
    world.expect(unexplained.length === 0, 'no other request fails', unexplained.slice(0, 5));
    const longest = longestGap(world);
    world.expect(longest <= 15, 'no longer than 15 s without a write', { longest });
    return `${longest.toFixed(1)} s without a write; 503: ${count(switched)} at the switchover, ${count(reloaded)} at the reload; ${unexplained.length} others failed`;
  },
};
