import { openTcpProxy, targetOf, type TcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { repository } from '@mentor-sessions/local-stack/launch';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import type { RoleName, Service, System } from '@mentor-sessions/local-stack/system';

export { everyRole as roleNames } from '@mentor-sessions/local-stack/system';
export type { RoleName, Service };
export const services: readonly Service[] = ['bookings', 'sessions'];
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

type RoleParts = {
  readonly name: RoleName;
  readonly setting: RoleSetting;
  readonly logFile: string;
  readonly planted?: string | undefined;
  /** Whether it writes down what it does at its edges. */
  readonly isTraced?: boolean;
  /** Code of another version; default: this repository. */
  readonly checkout?: string | undefined;
};

export const hook = `${repository}lab/faults/points/hook.mjs`;

const peers = {
  database: { variable: 'DATABASE_URL', protocol: 'postgres' },
  broker: { variable: 'AMQP_URL', protocol: 'amqp' },
} as const;

/** One process of a role, restarted whenever it dies, on the same ports. */
export const startRole = async (
  system: System,
  { name, setting, logFile, planted, isTraced = false, ...parts }: RoleParts,
) => {
  const { databaseUrl, amqpUrl } = system.stack[name.split(' ')[0] as Service];
  const { through = [], points, nodeOptions = [], under = [] } = setting;
  const links = new Map<Peer, TcpProxy>();
  const addresses: Record<string, string> = {};
  for (const peer of through) {
    const { variable, protocol } = peers[peer];
    const url = peer === 'database' ? databaseUrl : amqpUrl;
    const link = await openTcpProxy({ target: targetOf(url), protocol });
    links.set(peer, link);
    addresses[variable] = link.through(url);
  }
  const ports = { PORT: String(await freePort()), ADMIN_PORT: String(await freePort()) };
  let configured: Readonly<Record<string, string>> = {};
  let { checkout } = parts;
  const traceFile = `${logFile}.traces`;
  const hooked = points !== undefined || planted !== undefined || isTraced;
  const supervised = await system.supervise(name, (generation) => ({
    logFile,
    under,
    checkout,
    nodeOptions: [...nodeOptions, ...(hooked ? ['--import', hook] : [])],
    env: {
      ...setting.env,
      ...addresses,
      ...configured,
      ...ports,
      ...(planted !== undefined && { PLANTED: planted }),
      ...(isTraced && { TRACES: traceFile }),
      FAULT_POINTS: points?.(generation) ?? '',
    },
  }));
  return {
    ...supervised,
    name,
    url: `http://${loopback}:${ports.PORT}`,
    logFile,
    traceFile,
    /** Whether the balancer sends requests to it. */
    inRotation: true,
    /** Variables of the processes that are started from now on. */
    configure: (more: Readonly<Record<string, string>>) => void (configured = { ...configured, ...more }),
    /** Where the code of processes that are started from now on is; undefined: in this repository. */
    runFrom: (directory: string | undefined) => void (checkout = directory),
    /** Kills it at once; the supervisor starts another. */
    kill: () => supervised.current().signal('SIGKILL'),
    /** The proxy to a peer that its setting names. */
    link: (peer: Peer): TcpProxy => {
      const link = links.get(peer);
      if (!link) throw new Error(`${name} reaches its ${peer} directly: say so in the fault's setting`);
      return link;
    },
    /** Its links pass everything again. */
    heal: (): void => {
      for (const link of links.values()) link.heal();
    },
    close: async (): Promise<void> => {
      for (const link of links.values()) await link.close();
    },
  };
};

export type Role = Awaited<ReturnType<typeof startRole>>;
