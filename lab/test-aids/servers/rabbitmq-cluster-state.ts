import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { SingleNode } from './rabbitmq-cluster-node.ts';

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

/** Each node runs, and each knows that the others do. */
export const allRun = async (nodes: readonly SingleNode[]): Promise<true> => {
  const away = (await Promise.all(nodes.map(notRunning))).flat();
  if (away.length > 0) throw new Error(`not running: ${away.join(', ')}`);
  return true;
};

/** It does not answer, or knows of none of the others that it runs. */
export const isApart = async (node: SingleNode, nodes: readonly SingleNode[]): Promise<boolean> =>
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

export const untilSettled = async (nodes: readonly SingleNode[], vhost: string): Promise<void> => {
  await eventually(async () => (await allRun(nodes)) && (await queuesAreWhole(nodes, vhost)), {
    within: 90_000,
    every: 200,
    describe: 'all nodes run and all quorum queues are whole',
  });
};

/** Undefined if it cannot tell, or names a leader that is away: an election has not been heard of yet. */
const leaderAsSeenBy = async (node: SingleNode, queue: string): Promise<string | undefined> => {
  const { leader, online } = await readFrom<QueueState>(node, queue).catch((): Partial<QueueState> => ({}));
  return leader && online?.includes(leader) ? leader : undefined;
};

/** As the majority sees it: a node that is cut off goes on believing in the old leader for a while. */
export const untilLed = <Node extends SingleNode>(
  nodes: readonly Node[],
  vhost: string,
  queue: string,
): Promise<Node> =>
  eventually(
    async () => {
      const votes = await Promise.all(nodes.map((node) => leaderAsSeenBy(node, path('queues', vhost, queue))));
      return nodes.find(({ name }) => votes.filter((vote) => vote === name).length > nodes.length / 2);
    },
    { within: 30_000, every: 100, describe: `a majority knows the leader of ${queue}` },
  );
