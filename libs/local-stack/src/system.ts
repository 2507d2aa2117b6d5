import type { BackingDescription } from './servers.ts';
import { createDatabase, databaseName, dropDatabases, loadMigrations } from './databases.ts';
import type { ServiceDatabase } from './databases.ts';
import { launch, portsItListensOn, repository } from './launch.ts';
import { loopback } from './ports.ts';
import { untilReady } from './readiness.ts';
import { DRAIN_MS, serviceEnvironment, startRole, superviseRole } from './roles.ts';
import type { Auth, RoleOptions, RoleProcess, Supervised, Supervision } from './roles.ts';
import { signToken } from './tokens.ts';
import type { Claims, Signing } from './tokens.ts';
import { createVhost, needsManagement } from './vhosts.ts';

export type Service = 'bookings' | 'sessions';
const services = ['bookings', 'sessions'] as const;

export const everyRole = [
  'bookings api',
  'bookings relay',
  'bookings consumer',
  'sessions consumer',
  'sessions relay',
  'sessions api',
] as const;
export type RoleName = (typeof everyRole)[number];

export type StackOptions = {
  readonly backing: Pick<BackingDescription, 'postgres' | 'broker'>;
  /** Administrators of the services' own PostgreSQL servers. Default: both databases are on that of `backing`. */
  readonly adminUrls?: Readonly<Record<Service, string>> | undefined;
  readonly signing: Signing;
  /** File with the public keys. */
  readonly jwksFile: string;
  /** Migrated databases to copy, by service. Default: new databases are migrated. */
  readonly templates?: Readonly<Record<string, string>>;
  /** Names of the databases. Default: the service's name and a random suffix. */
  readonly names?: Readonly<Record<Service, string>> | undefined;
  /** Databases and vhost may be there already, and their names are the same each time. Default: no. */
  readonly isKept?: boolean;
  /** Other services that get a broker user. */
  readonly subscribers?: readonly string[];
  /** Without a management API, everyone uses the given broker user and vhost. Default: that is an error. */
  readonly mayShareVhost?: boolean;
};

const openVhost = async ({ backing, subscribers = [], mayShareVhost = false, isKept }: StackOptions) => {
  const { broker } = backing;
  if (broker.managementUrl) return createVhost(broker, { subscribers, name: isKept ? 'mentor-sessions' : undefined });
  if (!mayShareVhost) throw new Error(needsManagement);
  const urls = Object.fromEntries([...services, ...subscribers].map((user) => [user, broker.amqpUrl]));
  const { amqpUrl } = broker;
  return { amqpUrl, operatorAmqpUrl: amqpUrl, operatorManagementUrl: undefined, urls, close: () => Promise.resolve() };
};

/** Both databases with their tables, a vhost with its users, and a way to sign tokens. */
export const createStack = async (options: StackOptions) => {
  const { backing, signing, jwksFile, templates, names, subscribers = [], isKept } = options;
  const { adminUrl } = backing.postgres;
  const { adminUrls = { bookings: adminUrl, sessions: adminUrl } } = options;
  const create = async (service: Service): Promise<ServiceDatabase> => {
    const options = { template: templates?.[service], name: names?.[service], mayExist: isKept === true };
    const database = await createDatabase(adminUrls[service], service, options);
    if (!templates) await (await loadMigrations(service)).migrateUp(database.adminDatabaseUrl);
    return database;
  };
  const opened = [create('bookings'), create('sessions'), openVhost(options)] as const;
  const [bookings, sessions, vhost] = await Promise.all(opened);
  const { urls, amqpUrl, operatorAmqpUrl, operatorManagementUrl } = vhost;
  return {
    bookings: { ...bookings, amqpUrl: urls['bookings'] as string },
    sessions: { ...sessions, amqpUrl: urls['sessions'] as string },
    /** As the development administrator. */
    amqpUrl,
    operatorAmqpUrl,
    /** Undefined without the broker's management API. */
    operatorManagementUrl,
    /** AMQP URLs of the subscribers that were asked for, by name. */
    subscribers: Object.fromEntries(subscribers.map((name) => [name, urls[name] as string])),
    auth: { issuer: signing.issuer, audience: signing.audience, jwksFile } satisfies Auth,
    token: (claims: Claims) => signToken(signing, claims),
    /** Drops the databases and the vhost. */
    close: async () => {
      await vhost.close();
      await dropDatabases(adminUrls.bookings, [databaseName(bookings.databaseUrl)]);
      await dropDatabases(adminUrls.sessions, [databaseName(sessions.databaseUrl)]);
    },
  };
};

/** What the roles of both services connect to. */
export type Stack = Awaited<ReturnType<typeof createStack>>;

type ProcessOptions = Partial<Pick<RoleOptions, 'env' | 'logFile' | 'nodeOptions' | 'under' | 'checkout'>>;

export type ConsoleProcess = { readonly url: string; end(): Promise<void> };
type ConsoleOptions = {
  /** Default: a free one. */
  readonly port?: number;
  readonly logFile?: string;
};
type ConsoleStack = Pick<Stack, 'operatorAmqpUrl' | 'operatorManagementUrl' | 'auth'> &
  Readonly<Record<Service, Pick<ServiceDatabase, 'operatorDatabaseUrl'>>>;

/** The operators' console. `EndedEarly` if it could not listen. */
export const startConsole = async (
  { bookings, sessions, operatorAmqpUrl, operatorManagementUrl, auth }: ConsoleStack,
  { port = 0, logFile }: ConsoleOptions,
): Promise<ConsoleProcess> => {
  const child = await launch({
    args: [`${repository}ops/src/main.ts`, 'console'],
    logFile,
    orphanSignal: 'SIGTERM',
    env: {
      BOOKINGS_OPERATOR_DATABASE_URL: bookings.operatorDatabaseUrl,
      SESSIONS_OPERATOR_DATABASE_URL: sessions.operatorDatabaseUrl,
      OPERATOR_AMQP_URL: operatorAmqpUrl,
      OPERATOR_MANAGEMENT_URL: operatorManagementUrl,
      OPS_CONSOLE_HOST: loopback,
      OPS_CONSOLE_PORT: String(port),
      AUTH_ISSUER: auth.issuer,
      AUTH_AUDIENCE: auth.audience,
      AUTH_JWKS_FILE: auth.jwksFile,
    },
  });
  const ownPort = async () => portsItListensOn(child.log()).get('console');
  const listens = await untilReady('the console', child, ownPort, { within: 30_000 });
  return { url: `http://${loopback}:${listens}/`, end: () => child.end('SIGTERM', DRAIN_MS) };
};

type SystemOptions<S extends Stack> = {
  readonly stack: S;
  /** Variables of every process, besides those that a service needs. */
  readonly env?: Readonly<Record<string, string>>;
};

/** Brings the system up on `stack`: each role as its own process. `npm start`, tests, faults and benchmarks all use it. */
export const startSystem = <S extends Stack>({ stack, env = {} }: SystemOptions<S>) => {
  const stops: (() => Promise<void>)[] = [];
  const roleOptions = (name: string, more: ProcessOptions): RoleOptions => {
    const [service, role] = name.split(' ') as [Service, string | undefined];
    const needed = serviceEnvironment({ ...stack[service], auth: stack.auth });
    return { service, role, ...more, env: { ...needed, ...env, ...more.env } };
  };
  const start = async (name: string, more: ProcessOptions = {}): Promise<RoleProcess> => {
    const process = await startRole(roleOptions(name, more));
    stops.push(() => process.end('SIGTERM', DRAIN_MS));
    return process;
  };
  return {
    stack,
    /** One process: `bookings api`, `sessions relay` …; `bookings` is all its roles. */
    start,
    /** Several processes at once, all ready. */
    startReady: async (...names: readonly string[]): Promise<RoleProcess[]> => {
      const processes = await Promise.all(names.map((name) => start(name)));
      await Promise.all(processes.map((process) => process.waitReady()));
      return processes;
    },
    /** One process that is restarted whenever it ends; `more` is asked before each start. */
    supervise: async (
      name: string,
      more: (generation: number, before?: RoleProcess) => ProcessOptions | Promise<ProcessOptions> = () => ({}),
      supervision?: Supervision,
    ): Promise<Supervised> => {
      const optionsOf = async (generation: number, before?: RoleProcess) =>
        roleOptions(name, await more(generation, before));
      const supervised = await superviseRole(name, optionsOf, supervision);
      stops.push(supervised.stop);
      return supervised;
    },
    /** The operators' console. */
    startConsole: async (more: ConsoleOptions = {}): Promise<ConsoleProcess> => {
      const running = await startConsole(stack, more);
      stops.push(running.end);
      return running;
    },
    /** Ends every process with SIGTERM. */
    stop: async () => void (await Promise.all(stops.map((stop) => stop()))),
  };
};

export type System<S extends Stack = Stack> = ReturnType<typeof startSystem<S>>;
