import { eventually } from '@mentor-sessions/local-stack/eventually';
import { nodeName, writeClusterFiles, singleNode, type SingleNode } from './rabbitmq-cluster-node.ts';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Broker } from '@mentor-sessions/local-stack/backing';
import { findNativeBinaries } from '@mentor-sessions/local-stack/binaries';
import { dataOf } from '@mentor-sessions/local-stack/native-rabbitmq';
import { linksOf, createNetwork, type Host, type Network } from './network.ts';
import { mountForgetfulDisk, type ForgetfulDisk } from './forgetful-disk.ts';
import { makePrivateDirectory } from './private-directory.ts';

type NodeState = { readonly name: string; readonly running: boolean };
type QueueState = {
  readonly name: string;
  readonly type: string;
  readonly leader?: string;
  readonly members?: readonly string[];
  readonly online?: readonly string[];
};

const path = (...segments: string[]): string => segments.map(encodeURIComponent).join('/');

const readFrom = async <T>(node: SingleNode, what: string): Promise<T> => node.management.get<T>(what);

const notRunning = async (node: SingleNode): Promise<string[]> => {
  const seen = await readFrom<NodeState[]>(node, 'nodes?columns=name,running');
  return seen.filter(({ running }) => !running).map(({ name }) => `${name} for ${node.name}`);
};

/** Each node runs and sees the others running. */
const allRun = async (nodes: readonly SingleNode[]): Promise<true> => {
  const away = (await Promise.all(nodes.map(notRunning))).flat();
  if (away.length > 0) throw new Error(`not running: ${away.join(', ')}`);
  return true;
};

/** It does not respond, or sees none of the others running. */
const isApart = async (node: SingleNode, nodes: readonly SingleNode[]): Promise<boolean> =>
  notRunning(node).then(
    (away) => away.length >= nodes.length - 1,
    () => true,
  );

const isWhole = (queue: QueueState, nodes: readonly SingleNode[]): boolean =>
  Boolean(queue.leader) && queue.members?.length === nodes.length && queue.online?.length === nodes.length;

/** Every quorum queue has a leader, and a member on each node. */
const queuesAreWhole = async (nodes: readonly SingleNode[], vhost: string): Promise<true> => {
  for (const node of nodes) {
    const queues = await readFrom<QueueState[]>(node, path('queues', vhost));
    const broken = queues.filter((queue) => queue.type === 'quorum' && !isWhole(queue, nodes));
    if (broken.length > 0) throw new Error(`for ${node.name}: ${JSON.stringify(broken)}`);
  }
  return true;
};

const untilSettled = async (nodes: readonly SingleNode[], vhost: string): Promise<void> => {
  await eventually(async () => (await allRun(nodes)) && (await queuesAreWhole(nodes, vhost)), {
    within: 90_000,
    every: 200,
    describe: 'all nodes run and all quorum queues are whole',
  });
};

/** Undefined if the node does not know a leader, or names one that is down: it has not received the result of an election yet. */
const leaderAsSeenBy = async (node: SingleNode, queue: string): Promise<string | undefined> => {
  const { leader, online } = await readFrom<QueueState>(node, queue).catch((): Partial<QueueState> => ({}));
  return leader && online?.includes(leader) ? leader : undefined;
};

/** As the majority sees it: an isolated node believes in the old leader for a while. */
const untilLed = <Node extends SingleNode>(nodes: readonly Node[], vhost: string, queue: string): Promise<Node> =>
  eventually(
    async () => {
      const votes = await Promise.all(nodes.map((node) => leaderAsSeenBy(node, path('queues', vhost, queue))));
      return nodes.find(({ name }) => votes.filter((vote) => vote === name).length > nodes.length / 2);
    },
    { within: 30_000, every: 100, describe: `a majority knows the leader of ${queue}` },
  );

/** `start()` resolves when it accepts connections again. After all three have ended, start them together: they wait for each other. */
export type ClusterNode = SingleNode & {
  readonly host: Host;
  /** Ends `pause()`; resolves when the node has rejoined the cluster, for which its broker may have to be restarted. */
  resume(): Promise<void>;
  /** With `forgetfulDisks`: has its data. */
  readonly disk: ForgetfulDisk | undefined;
};

type Members = readonly [ClusterNode, ClusterNode, ClusterNode];
const DISK_MEGABYTES = 512;

const untilAllRun = (nodes: readonly SingleNode[], within: number) =>
  eventually(() => allRun(nodes), { within, every: 200, describe: 'all nodes run as one cluster' });

/** In RabbitMQ 3.10 a node that was away longer than net_ticktime may stay separate although it runs: its broker must be restarted. */
const rejoin = async (nodes: readonly SingleNode[]): Promise<void> => {
  const joined = await untilAllRun(nodes, 20_000).catch(() => false);
  if (joined) return;
  for (const node of nodes) if (await isApart(node, nodes)) await node.restartApp();
  await untilAllRun(nodes, 60_000);
};

type Options = {
  /** The data of each node is on a disk that loses what was not flushed. */
  readonly forgetfulDisks?: boolean;
};

const buildNodes = async (
  directory: string,
  { hosts, on }: Network,
  { forgetfulDisks = false }: Options,
): Promise<Members> => {
  const [cookie, password] = [randomBytes(18).toString('hex'), randomBytes(18).toString('base64url')];
  const names = hosts.map((host) => nodeName(hosts, host));
  const script = (await findNativeBinaries()).rabbitmq;
  const members: ClusterNode[] = [];
  for (const [index, host] of hosts.entries()) {
    const own = join(directory, `node${index + 1}`);
    await writeClusterFiles(own, names, { cookie, password });
    const files = { directory: join(directory, `disk${index + 1}`), megabytes: DISK_MEGABYTES };
    const disk = forgetfulDisks ? await mountForgetfulDisk(dataOf(own), files) : undefined;
    const common = { address: host.address, password, script, directory: own, prefix: on(host) };
    const node = singleNode({ ...common, name: names[index] as string });
    const resume = async (): Promise<void> => {
      node.unpause();
      await rejoin(members);
    };
    members.push({ ...node, host, disk, resume });
  }
  return members as readonly ClusterNode[] as Members;
};

const together = (members: readonly ClusterNode[], act: 'start' | 'stop' | 'kill') => async (): Promise<void> => {
  await Promise.all(members.map((member) => member[act]()));
};

const brokerOf = (members: Members): Broker => ({
  amqpUrl: members.map(({ amqpUrl }) => amqpUrl).join(','),
  managementUrl: members[0].managementUrl,
  control: members[0].control,
  start: together(members, 'start'),
  stop: together(members, 'stop'),
  kill: together(members, 'kill'),
});

const clusterOf = (members: Members, network: Network) => {
  const links = linksOf(network);
  return {
    nodes: members,
    /** `amqpUrl` lists all three nodes. The cluster is started and stopped as a whole, and managed through the first node. */
    backing: brokerOf(members),
    leaderOf: (vhost: string, queue: string) => untilLed(members, vhost, queue),
    /** Isolated from the other two; clients still reach it. */
    isolate: async (node: ClusterNode): Promise<void> => {
      for (const other of members) if (other !== node) await links.cut(node.host, other.host);
    },
    /** Isolated from the other two and from clients. */
    isolateFromAll: (node: ClusterNode) => links.cutOff(node.host),
    cutLink: (one: ClusterNode, other: ClusterNode) => links.cut(one.host, other.host),
    /** Restores all links and the cluster, for which a broker may have to be restarted. */
    heal: async (): Promise<void> => {
      await links.heal();
      await rejoin(members);
    },
    /** Resolves when all three run, and every quorum queue of the virtual host has a leader and three members online. */
    settled: (vhost: string) => untilSettled(members, vhost),
    /** Whether all three run as one cluster. */
    isWhole: (): Promise<boolean> => allRun(members).catch(() => false),
  };
};

/** Three nodes as private processes, each in its own network namespace. */
export const startRabbitmqCluster = async (options: Options = {}) => {
  const network = await createNetwork(3);
  const directory = await makePrivateDirectory('cluster');
  const members = await buildNodes(directory.path, network, options);
  const close = async (): Promise<void> => {
    await together(members, 'kill')();
    for (const { disk } of members) await disk?.remove();
    await network.close();
    await directory.remove();
  };
  try {
    await together(members, 'start')();
    await untilAllRun(members, 60_000);
    return { ...clusterOf(members, network), close };
  } catch (error) {
    await close();
    throw error;
  }
};

export type RabbitmqCluster = Awaited<ReturnType<typeof startRabbitmqCluster>>;
