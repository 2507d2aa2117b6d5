import type { Backing } from '@mentor-sessions/local-stack/backing';
import { startPrivateBacking } from '@mentor-sessions/lab/private-backing';
import { startForgetfulPostgres, type ForgetfulPostgres } from '@mentor-sessions/lab/servers/forgetful-postgres';
import { startPatroniCluster, type PatroniCluster } from '@mentor-sessions/lab/servers/patroni-cluster';
import { startArchivedPostgres, type ArchivedPostgres } from '@mentor-sessions/lab/servers/archived-postgres';
import { startPostgresPair, type PostgresPair } from '@mentor-sessions/lab/servers/postgres-pair';
import { startRabbitmqCluster, type RabbitmqCluster } from '@mentor-sessions/lab/servers/rabbitmq-cluster';
import { startTwoBrokers, type NewBroker } from '@mentor-sessions/lab/servers/two-brokers';
import { startTwoPostgres, type NewPostgres } from '@mentor-sessions/lab/servers/two-postgres';
import { startSmallDiskPostgres, type SmallDiskPostgres } from '@mentor-sessions/lab/servers/small-disk-postgres';
import { beginTestRun } from '@mentor-sessions/lab/test-run';
import type { Load } from '../driver/workload.ts';
import type { Timing } from '../evidence/evidence.ts';
import type { RoleName, RoleSetting, Service } from './roles.ts';

/** The servers that a fault needs. `usual`: one PostgreSQL and one broker, shared by all faults of a run. */
type ServersKind =
  | 'usual'
  | 'cluster'
  | 'pair'
  | 'patroni'
  | 'small disk'
  | 'two brokers'
  | 'two postgres'
  | 'archived'
  | 'forgetful disk'
  | 'cluster on forgetful disks';

export type Servers = {
  readonly backing: Backing;
  readonly cluster?: RabbitmqCluster;
  readonly pair?: PostgresPair;
  /** With `cluster`. */
  readonly patroni?: PatroniCluster;
  readonly disk?: SmallDiskPostgres;
  /** A second broker, beside the initial one. */
  readonly newBroker?: NewBroker;
  /** A second PostgreSQL server, beside the initial one; its databases have the services' names. */
  readonly newPostgres?: NewPostgres;
  /** PostgreSQL on a disk that loses what was not flushed. */
  readonly forgetful?: ForgetfulPostgres;
  /** A PostgreSQL server for each service. */
  readonly archived?: Readonly<Record<Service, ArchivedPostgres>>;
  /** Called after the fault. */
  close(): Promise<void>;
};

export type ServerRoom = { readonly usual: Backing; get(kind: ServersKind): Promise<Servers>; close(): Promise<void> };

type Opening = (usual: Backing) => Promise<Servers>;

const openPair: Opening = async (usual) => {
  const pair = await startPostgresPair({ synchronous: true });
  return { backing: { ...usual, postgres: pair.primary }, pair, close: pair.close };
};

const openSmallDisk: Opening = async (usual) => {
  const disk = await startSmallDiskPostgres();
  return { backing: { ...usual, postgres: disk.server }, disk, close: disk.close };
};

const openTwoBrokers: Opening = async (usual) => {
  const { old, next, close } = await startTwoBrokers();
  return { backing: { ...usual, broker: old }, newBroker: next, close };
};

const openTwoPostgres: Opening = async (usual) => {
  const { old, next, close } = await startTwoPostgres();
  return { backing: { ...usual, postgres: old }, newPostgres: next, close };
};

const openForgetful: Opening = async (usual) => {
  const forgetful = await startForgetfulPostgres();
  return { backing: { ...usual, postgres: forgetful.server }, forgetful, close: forgetful.close };
};

const openForgetfulCluster: Opening = async (usual) => {
  const cluster = await startRabbitmqCluster({ forgetfulDisks: true });
  return { backing: { ...usual, broker: cluster.backing }, cluster, close: cluster.close };
};

const openArchived: Opening = async (usual) => {
  const bookings = await startArchivedPostgres('bookings');
  const sessions = await startArchivedPostgres('sessions');
  const close = async (): Promise<void> => void (await Promise.all([bookings.close(), sessions.close()]));
  return { backing: { ...usual, postgres: bookings.server }, archived: { bookings, sessions }, close };
};

type Kept = { isWhole(): Promise<boolean>; close(): Promise<void> };

/** A cluster takes 20 s to form, so later faults use it again, unless one has broken it. */
const keep = <Cluster extends Kept>(start: () => Promise<Cluster>) => {
  let cluster: Promise<Cluster> | undefined;
  const release = async (formed: Cluster): Promise<void> => {
    if (await formed.isWhole()) return;
    cluster = undefined;
    await formed.close();
  };
  return {
    open: () => (cluster ??= start()),
    release: async () => cluster && release(await cluster),
    close: async () => (await cluster)?.close(),
  };
};

const keepClusters = () => {
  const [brokers, databases] = [keep(() => startRabbitmqCluster()), keep(startPatroniCluster)];
  return {
    openBrokers: async (usual: Backing): Promise<Servers> => {
      const cluster = await brokers.open();
      return { backing: { ...usual, broker: cluster.backing }, cluster, close: brokers.release };
    },
    openBoth: async (usual: Backing): Promise<Servers> => {
      const [cluster, patroni] = [await brokers.open(), await databases.open()];
      const close = async (): Promise<void> => void (await Promise.all([brokers.release(), databases.release()]));
      return { backing: { ...usual, broker: cluster.backing, postgres: patroni.server }, cluster, patroni, close };
    },
    close: async (): Promise<void> => void (await Promise.all([brokers.close(), databases.close()])),
  };
};

/** A broker checks every three minutes whether a missing dead queue exists again; here every ten seconds. */
const lookSoonerForDeadQueues = async ({ broker }: Backing): Promise<void> => {
  await broker.control?.(['eval', 'application:set_env(rabbit, dead_letter_worker_publisher_confirm_timeout, 10000).']);
};

/** Starts each kind when a fault needs it. */
export const openServerRoom = async (say: (line: string) => void): Promise<ServerRoom> => {
  const usual = await startPrivateBacking(say);
  const end = await beginTestRun(usual);
  const clusters = keepClusters();
  const open: Record<ServersKind, Opening> = {
    usual: async () => {
      await lookSoonerForDeadQueues(usual); // each time: a fault may have restarted the broker
      return { backing: usual, close: async () => undefined };
    },
    cluster: clusters.openBrokers,
    pair: openPair,
    patroni: clusters.openBoth,
    'small disk': openSmallDisk,
    'two brokers': openTwoBrokers,
    'two postgres': openTwoPostgres,
    archived: openArchived,
    'forgetful disk': openForgetful,
    'cluster on forgetful disks': openForgetfulCluster,
  };
  return {
    usual,
    get: (kind) => open[kind](usual),
    close: async () => {
      await clusters.close();
      await end();
    },
  };
};

/** The world of a fault; everything that it does not set is usual. */
export type Setting = {
  readonly roles?: Partial<Record<RoleName, RoleSetting>>;
  readonly load?: Partial<Load>;
  readonly servers?: ServersKind;
  readonly timing?: Timing;
  /** The initial code of the roles, and schema of the databases; default: this repository. */
  readonly checkout?: string;
};
