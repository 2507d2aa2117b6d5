import { openTcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { TcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { repository } from '@mentor-sessions/local-stack/launch';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import type { Supervised } from '@mentor-sessions/local-stack/roles';
import type { RoleName, Service, System } from '@mentor-sessions/local-stack/system';

export { everyRole as roleNames } from '@mentor-sessions/local-stack/system';
export type { RoleName, Service };
export type Peer = 'database' | 'broker';

/** How the processes of a role are run in a fault's world. */
export type RoleSetting = {
  /** Processes; default 1. */
  readonly count?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Peers that are reached through a proxy; else directly. */
  readonly through?: readonly Peer[];
  /** FAULT_POINTS of each generation of each process. */
  readonly points?: (generation: number) => string | undefined;
  readonly nodeOptions?: readonly string[];
  readonly under?: readonly string[];
};

export type Role = Supervised & {
  readonly name: RoleName;
  readonly url: string;
  readonly logFile: string;
  /** Kills it at once; the supervisor starts another. */
  kill(): void;
  /** Proxies to its peers; asking for one that its setting does not name is an error. */
  link(peer: Peer): TcpProxy;
  /** Whether the balancer sends requests to it. */
  inRotation: boolean;
  /** Variables of the processes that are started from now on. */
  configure(more: Readonly<Record<string, string>>): void;
  /** Its links pass everything again. */
  heal(): void;
  close(): Promise<void>;
};

export type RoleParts = {
  readonly name: RoleName;
  readonly setting: RoleSetting;
  readonly logFile: string;
  readonly planted?: string | undefined;
};

export const hook = `${repository}lab/faults/points/hook.mjs`;

const openLink = (url: string, protocol: 'postgres' | 'amqp'): Promise<TcpProxy> => {
  const { hostname, port } = new URL(url);
  return openTcpProxy({ target: { host: hostname, port: Number(port) }, protocol });
};

/** One process of a role, restarted whenever it dies, on the same ports. */
export const startRole = async (system: System, { name, setting, logFile, planted }: RoleParts): Promise<Role> => {
  const { databaseUrl, amqpUrl } = system.stack[name.split(' ')[0] as Service];
  const { through = [], points, nodeOptions = [], under = [] } = setting;
  const links = new Map<Peer, TcpProxy>();
  const addresses: Record<string, string> = {};
  for (const peer of through) {
    const url = peer === 'database' ? databaseUrl : amqpUrl;
    const link = await openLink(url, peer === 'database' ? 'postgres' : 'amqp');
    links.set(peer, link);
    addresses[peer === 'database' ? 'DATABASE_URL' : 'AMQP_URL'] = link.through(url);
  }
  const ports = { PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) };
  let configured: Readonly<Record<string, string>> = {};
  const hooked = points !== undefined || planted !== undefined;
  const supervised = await system.supervise(name, (generation) => ({
    logFile,
    under,
    nodeOptions: [...nodeOptions, ...(hooked ? ['--import', hook] : [])],
    env: {
      ...setting.env,
      ...addresses,
      ...configured,
      ...ports,
      ...(planted !== undefined && { PLANTED: planted }),
      FAULT_POINTS: points?.(generation) ?? '',
    },
  }));
  return {
    ...supervised,
    name,
    url: `http://${loopback}:${ports.PORT}`,
    logFile,
    inRotation: true,
    configure: (more) => void (configured = { ...configured, ...more }),
    kill: () => supervised.current().signal('SIGKILL'),
    link: (peer) => {
      const link = links.get(peer);
      if (!link) throw new Error(`${name} reaches its ${peer} directly: say so in the fault's setting`);
      return link;
    },
    heal: () => {
      for (const link of links.values()) link.heal();
    },
    close: async () => {
      for (const link of links.values()) await link.close();
    },
  };
};
