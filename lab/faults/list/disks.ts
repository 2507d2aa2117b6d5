import type { Cut, ForgetfulDisk, HowToCut } from '@mentor-sessions/lab/servers/forgetful-disk';
import type { ForgetfulPostgres } from '@mentor-sessions/lab/servers/forgetful-postgres';
import { run } from '@mentor-sessions/lab/servers/network';
import type { ClusterNode, RabbitmqCluster } from '@mentor-sessions/lab/servers/rabbitmq-cluster';
import type { Fault } from '../fault.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { services } from '../world/roles.ts';
import { vhostOf } from './broker.ts';
import { longestGap } from './cluster.ts';
import { inDatabase, onServer } from './dba.ts';
import { allReady, seconds, untilNextSession } from './steps.ts';

const forgetfulOf = (world: FaultWorld): ForgetfulPostgres => world.servers.forgetful as ForgetfulPostgres;

const setting = () => ({ servers: 'forgetful disk' as const, load: { perSecond: 40 } });

const TIMES = 3;

/** Compares each index with its table, row by row; reading a table verifies the checksums of its pages. */
const compareIndexes = async (world: FaultWorld): Promise<void> => {
  for (const service of services) {
    await inDatabase(world, service, 'create extension if not exists amcheck');
    const check = `with indexes as materialized (
        select i.indexrelid from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
        where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence = 'p' and i.indisvalid)
      select bt_index_check(indexrelid, true) from indexes`;
    await inDatabase(world, service, check).catch((error: unknown) => {
      world.expect(false, 'indexes and tables agree', String(error));
    });
  }
};

/** Cuts the power under load and starts the server again; `during` runs meanwhile. */
const cutPower = async (world: FaultWorld, how: HowToCut, during: () => void): Promise<string> => {
  const forgetful = forgetfulOf(world);
  let [forgotten, kept] = [0, 0];
  const first: number[] = [];
  for (let count = 0; count < TIMES; count++) {
    await world.workload.more(80);
    const cutting = forgetful.cutPower({ ...how, seed: String(world.random.int(0, 1e9)) });
    during();
    const cut = await cutting;
    forgotten += cut.forgotten;
    kept += cut.kept;
    await forgetful.server.start();
    first.push(await untilNextSession(world));
    await allReady(world);
  }
  world.expect(forgotten > 0, 'the fault happened: something was not flushed', forgotten);
  await compareIndexes(world);
  return `cut ${TIMES} times, ${forgotten} blocks forgotten, ${kept} of those not flushed kept; first session ${first.join(', ')} ms after the start`;
};

const promise = 'nothing answered, published or acknowledged is lost';

const forgets: Fault = {
  id: 'F61',
  name: 'power of PostgreSQL’s machine cut, its disk loses unflushed writes',
  promise,
  how: 'PostgreSQL on ext4 on a device of our own, which keeps writes in memory until they are flushed; cut three times under load, before a flush',
  setting,
  run: (world) => cutPower(world, { blocks: world.random.int(1, 6) }, () => undefined),
};

const tears: Fault = {
  id: 'F61 torn',
  name: 'the same during a checkpoint, with half of the 4 KiB blocks written: 8 KiB pages are torn',
  promise,
  how: 'the device keeps a random half of the blocks that are not flushed, once there are a hundred',
  setting,
  run: (world) =>
    cutPower(world, { keep: 0.5, blocks: 100 }, () => {
      onServer(world, 'checkpoint').catch(() => undefined); // it does not end
    }),
};

const stallFiveTimes = async (world: FaultWorld, find: () => Promise<ForgetfulDisk>): Promise<void> => {
  for (let count = 0; count < 5; count++) {
    await world.workload.more(40);
    const disk = await find();
    await disk.stall(2_000);
    await untilNextSession(world);
  }
};

const stalls: Fault = {
  id: 'F61 stall',
  name: 'PostgreSQL’s disk stalls for 2 s, five times',
  promise: 'requests wait or get 503; nothing is lost; recovers',
  how: 'SIGSTOP of the device’s process for 2 s',
  setting,
  run: async (world) => {
    await stallFiveTimes(world, async () => forgetfulOf(world).disk);
    await seconds(1);
    const unknown = world.history.operations.filter(({ outcome }) => outcome === 'info').length;
    const refused = world.history.operations.filter(({ answer }) => answer.startsWith('503')).length;
    const slowest = Math.max(...world.history.operations.map(({ invokedAt, endedAt }) => endedAt - invokedAt));
    return `${refused} answers of 503, ${unknown} unknown, the slowest answer after ${(slowest / 1_000).toFixed(1)} s`;
  },
};

const clusterOf = (world: FaultWorld): RabbitmqCluster => world.servers.cluster as RabbitmqCluster;
const leaderOf = (world: FaultWorld): Promise<ClusterNode> =>
  clusterOf(world).leaderOf(vhostOf(world), 'sessions.booking-accepted');
const diskOf = ({ disk }: ClusterNode): ForgetfulDisk => disk as ForgetfulDisk;

/** Ends a node as a power cut does; it stays down, with what reached its disk. */
const cutPowerOfNode = async (node: ClusterNode, how: HowToCut): Promise<Cut> => {
  const cut = await diskOf(node).cutPower(how);
  await node.kill();
  await diskOf(node).restorePower();
  return cut;
};

/** Two seconds after their declaration queues were lost once, with 445 confirmed messages: RabbitMQ 3.10 flushes their registration later. */
const QUEUES_ON_DISK_AFTER_S = 5;

/** Cuts the power of some nodes at the same moment, three times under load, and starts them again. */
const cutPowerOfNodes = async (
  world: FaultWorld,
  find: () => Promise<readonly ClusterNode[]>,
  how: HowToCut,
): Promise<string> => {
  const cluster = clusterOf(world);
  await run('sync', []); // users, queues and bindings were declared long ago
  let [forgotten, kept] = [0, 0];
  for (let count = 0; count < TIMES; count++) {
    await world.workload.more(80);
    const nodes = await find();
    const seed = String(world.random.int(0, 1e9));
    const cuts = await Promise.all(nodes.map((node) => cutPowerOfNode(node, { ...how, seed })));
    forgotten += cuts.reduce((sum, cut) => sum + cut.forgotten, 0);
    kept += cuts.reduce((sum, cut) => sum + cut.kept, 0);
    await seconds(2);
    await Promise.all(nodes.map((node) => node.start()));
    await cluster.settled(vhostOf(world));
    await untilNextSession(world);
  }
  world.expect(forgotten > 0, 'the fault happened: something was not flushed', forgotten);
  return `cut ${TIMES} times, ${forgotten} blocks forgotten, ${kept} of those not flushed kept; longest gap between confirmed events ${(await longestGap(world)).toFixed(1)} s`;
};

const onBrokers = () => ({ servers: 'cluster on forgetful disks' as const, load: { perSecond: 40 } });

const brokerForgets: Fault = {
  id: 'F61 broker',
  name: 'power of the machine of a queue’s leader cut, its disk loses what was not flushed',
  promise: 'no confirmed message is lost; the node rejoins',
  how: 'three brokers, each on a device of our own; cut three times under load',
  setting: onBrokers,
  run: (world) => cutPowerOfNodes(world, async () => [await leaderOf(world)], { blocks: world.random.int(1, 3) }),
};

const brokersForget: Fault = {
  id: 'F61 brokers',
  name: 'power of all three brokers cut at once',
  promise: 'no confirmed message is lost',
  how: `the same, all three, once their queues are ${QUEUES_ON_DISK_AFTER_S} s old; a random half of the blocks that are not flushed is kept`,
  setting: onBrokers,
  run: async (world) => {
    await seconds(QUEUES_ON_DISK_AFTER_S);
    return cutPowerOfNodes(world, async () => clusterOf(world).nodes, { keep: 0.5, blocks: 1 });
  },
};

const brokerStalls: Fault = {
  id: 'F61 broker stall',
  name: 'the disk of a queue’s leader stalls for 2 s, five times',
  promise: 'events wait; nothing is lost; recovers',
  how: 'SIGSTOP of the device’s process for 2 s',
  setting: onBrokers,
  run: async (world) => {
    await stallFiveTimes(world, async () => diskOf(await leaderOf(world)));
    return `longest gap between confirmed events ${(await longestGap(world)).toFixed(1)} s`;
  },
};

export const disks: readonly Fault[] = [forgets, tears, stalls, brokerForgets, brokersForget, brokerStalls];
