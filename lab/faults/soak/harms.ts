import { query } from '@mentor-sessions/local-stack/databases';
import { seconds } from '../list/steps.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { roleNames } from '../world/roles.ts';
import type { Peer } from '../world/roles.ts';

type Harm = (world: FaultWorld) => Promise<string>;

const peers: readonly Peer[] = ['database', 'broker'];

const links = (world: FaultWorld, peer: Peer) =>
  roleNames.filter((name) => peer === 'database' || !name.endsWith('api')).map((name) => world.role(name).link(peer));

/** Harm that no process dies of: what a process holds can be followed from the first minute to the last. */
const harms: readonly Harm[] = [
  async (world) => {
    for (const peer of peers) for (const link of links(world, peer)) link.reset();
    return 'all connections reset';
  },
  async (world) => {
    const peer = world.random.pick(peers);
    const link = world.random.pick(links(world, peer));
    link.blackHole();
    await seconds(10);
    link.heal();
    return `one link to the ${peer} black-holed for 10 s`;
  },
  async (world) => {
    const admin = world.backing.postgres.adminUrl;
    await query(admin, "select pg_terminate_backend(pid) from pg_stat_activity where usename like '%\\_app'");
    return 'all backends terminated';
  },
  async (world) => {
    await world.backing.postgres.kill();
    await world.backing.postgres.start();
    return 'PostgreSQL killed and started';
  },
  async (world) => {
    await world.backing.broker.stop();
    await world.backing.broker.start();
    return 'broker stopped and started';
  },
  async (world) => {
    const victim = world.random.pick(world.allRoles());
    victim.current().signal('SIGSTOP');
    await seconds(5);
    victim.current().signal('SIGCONT');
    return `${victim.name} stopped for 5 s`;
  },
];

export const doHarm = (world: FaultWorld, turn: number): Promise<string> => (harms[turn % harms.length] as Harm)(world);
