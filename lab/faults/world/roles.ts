import { setTimeout as pause } from 'node:timers/promises';
import { openTcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { TcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import { repository } from '@mentor-sessions/local-stack/migrations';
import { supervise } from '@mentor-sessions/local-stack/supervise';
import type { Supervised } from '@mentor-sessions/local-stack/supervise';

export const roleNames = [
  'bookings api',
  'bookings relay',
  'bookings consumer',
  'sessions consumer',
  'sessions relay',
  'sessions api',
] as const;
export type RoleName = (typeof roleNames)[number];
export type Service = 'bookings' | 'sessions';
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
  /** Its links are links again. */
  heal(): void;
  close(): Promise<void>;
};

export type RoleParts = {
  readonly name: RoleName;
  readonly setting: RoleSetting;
  /** Variables of the service, with the direct addresses of its peers. */
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly planted?: string | undefined;
};

const READY_WITHIN_MS = 60_000;

/** A process that its fault point ends before it was ready has a successor: that one is waited for. */
export const untilReady = async (role: Role): Promise<void> => {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const process = role.current();
    const problem = await process.waitReady().then(
      () => null,
      (error: unknown) => error as Error,
    );
    if (!problem) return;
    if (performance.now() > deadline) throw problem;
    await pause(50);
  }
};

export const hook = `${repository}lab/faults/points/hook.mjs`;
const variableOf = { database: 'DATABASE_URL', broker: 'AMQP_URL' } as const;
const protocolOf = { database: 'postgres', broker: 'amqp' } as const;

const openLink = (peer: Peer, url: string): Promise<TcpProxy> => {
  const { hostname, port } = new URL(url);
  return openTcpProxy({ target: { host: hostname, port: Number(port) }, protocol: protocolOf[peer] });
};

/** One process of a role, started again whenever it dies, on the same ports. */
export const startRole = async ({ name, setting, env, logFile, planted }: RoleParts): Promise<Role> => {
  const [service, role] = name.split(' ') as [Service, string];
  const { through = [], points, nodeOptions = [], under = [] } = setting;
  const links = new Map<Peer, TcpProxy>();
  for (const peer of through) links.set(peer, await openLink(peer, env[variableOf[peer]] ?? ''));
  const ports = { PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) };
  const addresses = Object.fromEntries(
    [...links].map(([peer, link]) => [variableOf[peer], link.through(env[variableOf[peer]] ?? '')]),
  );
  let configured: Readonly<Record<string, string>> = {};
  const hooked = points !== undefined || planted !== undefined;
  const supervised = await supervise({
    name,
    options: (generation) => ({
      service,
      role,
      logFile,
      under,
      nodeOptions: [...nodeOptions, ...(hooked ? ['--import', hook] : [])],
      env: {
        ...env,
        ...setting.env,
        ...addresses,
        ...configured,
        ...ports,
        ...(planted !== undefined && { PLANTED: planted }),
        FAULT_POINTS: points?.(generation) ?? '',
      },
    }),
  });
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
