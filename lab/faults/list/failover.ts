import { configure, switchOver } from '@mentor-sessions/lab/servers/patroni-cluster';
import type { PatroniCluster, PatroniNode } from '@mentor-sessions/lab/servers/patroni-cluster';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { everythingRestarted } from './rolling-everything.ts';
import { allReady, seconds, untilNextSession } from './steps.ts';
import { longestGap, patroniOf, untilWritten } from './writes.ts';

type Part = {
  readonly patroni: PatroniCluster;
  readonly primary: PatroniNode;
  readonly others: readonly PatroniNode[];
};

type Case = Omit<Fault, 'setting' | 'run'> & {
  readonly harm: (part: Part) => Promise<void>;
  readonly repair?: (part: Part) => Promise<void>;
  /** The promised maximum (s) without a successful write. */
  readonly gap: number;
  /** Whether another machine must be the primary afterwards. */
  readonly moves: boolean;
};

const patroni = ({ harm, repair = async () => undefined, gap, moves, ...about }: Case): Fault => ({
  ...about,
  setting: () => ({ servers: 'patroni', load: { perSecond: 40 } }),
  run: async (world) => {
    const patroni = patroniOf(world);
    const primary = await patroni.primary();
    const part = { patroni, primary, others: patroni.nodes.filter((node) => node !== primary) };
    await world.workload.more(80);
    await harm(part);
    await untilWritten(world);
    const next = await patroni.primary();
    if (moves) world.expect(next !== primary, 'the fault happened: another machine is the primary', next.name);
    await world.workload.more(80);
    await repair(part);
    await patroni.settled();
    await untilNextSession(world);
    await allReady(world);
    const longest = longestGap(world);
    world.expect(longest <= gap, `no longer than ${gap} s without a write`, { longest });
    return `${longest.toFixed(1)} s without a write; the primary is ${next === primary ? 'the same' : 'another'} machine`;
  },
});

const startAll = async (node: PatroniNode): Promise<void> => {
  await node.startEtcd();
  await node.startPatroni();
};

const synchronousOf = async ({ others }: Part): Promise<PatroniNode> => {
  for (const node of others) if ((await node.ask('/synchronous'))?.status === 200) return node;
  throw new Error('there is no synchronous standby');
};

/** Seconds, as in deploy/postgresql/patroni.yml. */
const TTL = 20;

const changes: readonly Fault[] = [
  patroni({
    id: 'F58',
    name: 'PostgreSQL killed under Patroni, etcd and HAProxy, three brokers',
    promise: 'at most 15 s without a write',
    how: 'three machines as deploy/postgresql configures them; kill -9 of the postmaster',
    gap: 15,
    moves: false,
    harm: ({ primary }) => primary.killPostgres(),
  }),
  patroni({
    id: 'F58 switchover',
    name: 'switched over',
    promise: 'at most 15 s without a write',
    how: 'patronictl switchover',
    gap: 15,
    moves: true,
    harm: ({ patroni }) => switchOver(patroni),
  }),
  patroni({
    id: 'F58 machine',
    name: 'the primary’s machine killed',
    promise: 'at most 30 s without a write',
    how: 'kill -9 of Patroni, PostgreSQL and etcd at once; started again when another is the primary',
    gap: TTL + 10,
    moves: true,
    harm: ({ primary }) => primary.kill(),
    repair: ({ primary }) => startAll(primary),
  }),
  patroni({
    id: 'F58 patroni',
    name: 'the primary’s Patroni killed',
    promise: 'at most 30 s without a write',
    how: 'kill -9 of Patroni, PostgreSQL goes on; Patroni started again when another is the primary',
    gap: TTL + 10,
    moves: true,
    harm: ({ primary }) => primary.killPatroni(),
    repair: ({ primary }) => primary.startPatroni(),
  }),
  patroni({
    id: 'F58 isolated',
    name: 'the primary isolated',
    promise: 'at most 30 s without a write',
    how: 'iptables in its network namespace; healed when another is the primary',
    gap: TTL + 10,
    moves: true,
    harm: ({ patroni, primary }) => patroni.isolateFromAll(primary),
    repair: ({ patroni }) => patroni.heal(),
  }),
  patroni({
    id: 'F58 split',
    name: 'isolated from the other machines, not from HAProxy',
    promise: 'at most 30 s without a write',
    how: 'as before, only between the machines',
    gap: TTL + 10,
    moves: true,
    harm: ({ patroni, primary }) => patroni.isolate(primary),
    repair: ({ patroni }) => patroni.heal(),
  }),
  patroni({
    id: 'F58 standby',
    name: 'the synchronous standby isolated',
    promise: 'at most 15 s without a write',
    how: 'iptables in its network namespace; healed when writes continue',
    gap: 15,
    moves: false,
    harm: async (part) => part.patroni.isolateFromAll(await synchronousOf(part)),
    repair: ({ patroni }) => patroni.heal(),
  }),
];

const AWAY = 25;

/** Kills two of three etcd for longer than ttl; returns the seconds from their return until a write succeeded. */
const withoutQuorum = async (world: FaultWorld): Promise<number> => {
  const { nodes } = patroniOf(world);
  const away = world.random.shuffle(nodes).slice(0, 2);
  await world.workload.more(80);
  await Promise.all(away.map((node) => node.killEtcd()));
  await seconds(AWAY);
  await Promise.all(away.map((node) => node.startEtcd()));
  const back = await untilWritten(world);
  await patroniOf(world).settled();
  await untilNextSession(world);
  await allReady(world);
  world.expect(back <= 10, 'writes within 10 s after etcd is back', { back });
  return back;
};

const etcd: readonly Fault[] = [
  {
    id: 'F58 etcd',
    name: 'etcd without a quorum',
    promise: 'failsafe mode; at most 10 s without a write',
    how: `kill -9 of two of three etcd for ${AWAY} s`,
    setting: () => ({ servers: 'patroni', load: { perSecond: 40 } }),
    run: async (world) => {
      await withoutQuorum(world);
      const longest = longestGap(world);
      world.expect(longest <= 10, 'no longer than 10 s without a write', { longest });
      return `${longest.toFixed(1)} s without a write`;
    },
  },
  {
    id: 'F58 no failsafe',
    name: 'the same without failsafe mode',
    promise: 'no writes meanwhile; writes within 10 s after etcd is back',
    how: `patronictl edit-config, then kill -9 of two of three etcd for ${AWAY} s`,
    setting: () => ({ servers: 'patroni', load: { perSecond: 40 } }),
    run: async (world) => {
      const patroni = patroniOf(world);
      await configure(patroni, 'failsafe_mode=false');
      const back = await withoutQuorum(world);
      await configure(patroni, 'failsafe_mode=true');
      const longest = longestGap(world);
      world.expect(longest > 5, 'the fault happened: nothing was written', { longest });
      return `${longest.toFixed(1)} s without a write, ${back.toFixed(1)} s after etcd was back`;
    },
  },
];

export const failover: readonly Fault[] = [...changes, ...etcd, everythingRestarted];
