import { onServer } from '../list/dba.ts';
import { seconds, until } from '../list/steps.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { roleNames, type Peer, type Role, type RoleSetting } from '../world/roles.ts';
import { readFile } from 'node:fs/promises';
import type { Fault } from '../fault.ts';
import { repository } from '@mentor-sessions/local-stack/launch';
import { growthOf, isFlat, type Held, type Sample } from './growth.ts';

type Harm = (world: FaultWorld) => Promise<string>;

const peers: readonly Peer[] = ['database', 'broker'];

const links = (world: FaultWorld, peer: Peer) =>
  roleNames.filter((name) => peer === 'database' || !name.endsWith('api')).map((name) => world.role(name).link(peer));

/** Faults that no process dies of, so that its memory can be followed from the first minute to the last. */
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
    await onServer(world, "select pg_terminate_backend(pid) from pg_stat_activity where usename like '%\\_app'");
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

const doHarm = (world: FaultWorld, turn: number): Promise<string> => (harms[turn % harms.length] as Harm)(world);

const answers = async ({ logFile }: Role): Promise<string[]> =>
  (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{"msg":"held"'));

const ask = async (role: Role): Promise<Held> => {
  const before = (await answers(role)).length;
  role.current().signal('SIGUSR2');
  const answered = await until(async () => (await answers(role)).length > before, 10_000);
  if (!answered) throw new Error(`${role.name} does not say what it holds`);
  return JSON.parse((await answers(role)).at(-1) as string) as Held;
};

const connections = async (world: FaultWorld): Promise<number> =>
  (await onServer(world, "select from pg_stat_activity where usename like '%\\_app'")).length;

const takeSample = async (world: FaultWorld, startedAt: number): Promise<Sample> => {
  const held = await Promise.all(world.allRoles().map(async (role) => [role.name, await ask(role)] as const));
  return {
    seconds: Math.round((performance.now() - startedAt) / 1_000),
    processes: Object.fromEntries(held),
    databaseConnections: await connections(world),
    bookings: world.workload.begun(),
  };
};

export type Length = { readonly rounds: number; readonly secondsEach: number; readonly perSecond: number };

const probed: RoleSetting = {
  through: ['database', 'broker'],
  nodeOptions: ['--expose-gc', '--import', `${repository}lab/faults/soak/probe.mjs`],
};

/** One fault per round, then a sample; anything that grows from the second quarter to the last is a broken promise. */
export const soak = (
  { rounds, secondsEach, perSecond }: Length,
  onSample: (sample: Sample, harm: string) => void,
): Fault => ({
  id: 'soak',
  name: 'a fault each minute, for a long time',
  promise: 'heap after garbage collection, memory, handles and connections stay as they are',
  how: `${rounds} rounds of ${secondsEach} s, ${perSecond} bookings a second`,
  setting: () => ({
    roles: Object.fromEntries(roleNames.map((name) => [name, probed])),
    load: { bookings: 0, perSecond, moved: 0.5 },
  }),
  run: async (world) => {
    const startedAt = performance.now();
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round++) {
      const harm = await doHarm(world, round);
      await seconds(Math.max(0, (round + 1) * secondsEach - (performance.now() - startedAt) / 1_000));
      const sample = await takeSample(world, startedAt);
      samples.push(sample);
      onSample(sample, harm);
    }
    const grown = growthOf(samples).filter((each) => !isFlat(each));
    world.expect(grown.length === 0, 'what a process holds does not grow', grown);
    return `${samples.length} samples, ${grown.length} of them grow`;
  },
});
