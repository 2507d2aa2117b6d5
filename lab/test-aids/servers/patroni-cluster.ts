import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { PostgresServer } from '@mentor-sessions/local-stack/backing';
import { query } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { loopback } from '@mentor-sessions/local-stack/ports';
import { debianCommand } from '../debian-command.ts';
import { createNetwork, ensureNetworkTools, linksOf } from './network.ts';
import { patroniNode, type PatroniNode } from './patroni-node.ts';
import { startPrimaryProxy, type PrimaryProxy } from './primary-proxy.ts';
import { makePrivateDirectory } from './private-directory.ts';

export type { PatroniNode } from './patroni-node.ts';

/** As Patroni's `/cluster` lists it. */
type Member = { readonly name: string; readonly role: string; readonly state: string; readonly timeline?: number };

export type PatroniCluster = {
  readonly nodes: readonly PatroniNode[];
  /** Through HAProxy. */
  readonly server: PostgresServer;
  readonly proxy: PrimaryProxy;
  /** The machine that HAProxy routes to: it has the leader's key, or continues without etcd. */
  primary(): Promise<PatroniNode>;
  /** Isolates it from the other two and from HAProxy. */
  isolateFromAll(node: PatroniNode): Promise<void>;
  /** Isolates it from the other two; HAProxy still reaches it. */
  isolate(node: PatroniNode): Promise<void>;
  heal(): Promise<void>;
  /** Resolves when a leader, a synchronous standby and a third machine run on one timeline, and HAProxy routes to the leader. */
  settled(): Promise<void>;
  isWhole(): Promise<boolean>;
  close(): Promise<void>;
};

const scope = 'mentor-sessions';

const placeholders = ['change-me-11', 'change-me-12', 'change-me-13', 'change-me-14'];

const findCommands = async () => {
  await ensureNetworkTools();
  return {
    etcd: await debianCommand('etcd', 'etcd-server'),
    patroni: await debianCommand('patroni', 'patroni'),
    patronictl: await debianCommand('patronictl', 'patroni'),
  };
};

const isPrimary = async (node: PatroniNode): Promise<boolean> => (await node.ask('/primary'))?.status === 200;

const findPrimary = (nodes: readonly PatroniNode[]): Promise<PatroniNode> =>
  eventually(
    async () => {
      for (const node of nodes) if (await isPrimary(node)) return node;
      return undefined;
    },
    { within: 60_000, every: 100, describe: 'one of the machines is the primary' },
  );

/** Throws with what is wrong. */
const assertWhole = async (nodes: readonly PatroniNode[], adminUrl: string): Promise<true> => {
  const { members } = (await (await nodes[0]?.ask('/cluster'))?.json()) as { members: Member[] };
  const roles = members.map(({ role }) => role).toSorted();
  const isOne = new Set(members.map(({ timeline }) => timeline)).size === 1;
  const allRun = members.every(({ state }) => ['running', 'streaming'].includes(state));
  if (roles.join() !== 'leader,replica,sync_standby' || !isOne || !allRun) throw new Error(JSON.stringify(members));
  const rows = await query(adminUrl, "select from pg_stat_replication where state = 'streaming'");
  if (rows.length !== 2) throw new Error(`${rows.length} standbys are streaming`);
  return true;
};

/** `patronictl switchover`: from the primary to its synchronous standby. */
export const switchOver = async ({ primary }: Pick<PatroniCluster, 'primary'>): Promise<void> => {
  const node = await primary();
  await node.control('switchover', scope, '--leader', node.name, '--force');
};

/** `patronictl edit-config`, for all machines. */
export const configure = async ({ primary }: Pick<PatroniCluster, 'primary'>, setting: string): Promise<void> => {
  await (await primary()).control('edit-config', scope, '--set', setting, '--force');
};

/** PostgreSQL, Patroni and etcd on three machines (network namespaces), and HAProxy on the tests' machine. */
export const startPatroniCluster = async (): Promise<PatroniCluster> => {
  const commands = await findCommands();
  const network = await createNetwork(3);
  const directory = await makePrivateDirectory('patroni');
  const passwords = new Map(placeholders.map((each) => [each, randomBytes(18).toString('base64url')]));
  const nodes: Awaited<ReturnType<typeof patroniNode>>[] = [];
  for (const nth of network.hosts.keys())
    nodes.push(
      await patroniNode({ network, nth, directory: join(directory.path, `db-${nth + 1}`), passwords, commands }),
    );
  const addresses = network.hosts.map(({ address }) => address);
  const proxy = await startPrimaryProxy(directory.path, addresses);
  const adminUrl = `postgresql://postgres:${passwords.get('change-me-12')}@${loopback}:${proxy.port}/postgres`;
  const links = linksOf(network);
  const each = (act: 'kill' | 'stop' | 'startEtcd' | 'startPatroni') => async (): Promise<void> =>
    void (await Promise.all(nodes.map((node) => node[act]())));
  const isWhole = () => assertWhole(nodes, adminUrl);
  const settled = async (): Promise<void> => {
    await eventually(isWhole, { within: 90_000, every: 200, describe: 'Patroni’s cluster is whole' });
  };
  const start = async (): Promise<void> => {
    await each('startEtcd')();
    await each('startPatroni')();
    await settled();
  };
  const close = async (): Promise<void> => {
    await proxy.close();
    await each('kill')();
    for (const { forget } of nodes) forget();
    await network.close();
    await directory.remove();
  };
  try {
    await start();
    return {
      nodes,
      server: { adminUrl, stop: each('stop'), kill: each('kill'), start },
      proxy,
      primary: () => findPrimary(nodes),
      isolateFromAll: ({ host }) => links.cutOff(host),
      isolate: async ({ host }) => {
        for (const other of network.hosts) if (other !== host) await links.cut(host, other);
      },
      heal: links.heal,
      settled,
      isWhole: () => isWhole().catch(() => false),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
