import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from './eventually.ts';
import { launch, portsItListensOn, repository } from './launch.ts';
import { freePort, loopback } from './ports.ts';
import { untilReady } from './readiness.ts';

export type Auth = { readonly issuer: string; readonly audience: string; readonly jwksFile: string };

export type ServiceEnvironment = { readonly databaseUrl: string; readonly amqpUrl: string; readonly auth: Auth };

/** The variables that the services need in production; each service needs the URL of the other. */
export const serviceEnvironment = ({ databaseUrl, amqpUrl, auth }: ServiceEnvironment): Record<string, string> => ({
  NODE_ENV: 'production',
  DATABASE_URL: databaseUrl,
  ALLOW_FSYNC_OFF: 'true', // the native server runs without, its data is not for keeping
  AMQP_URL: amqpUrl,
  AUTH_ISSUER: auth.issuer,
  AUTH_AUDIENCE: auth.audience,
  AUTH_JWKS_FILE: auth.jwksFile,
  SHUTDOWN_DELAY: '0', // no balancer here
  SESSIONS_URL: 'http://localhost:3002',
  BOOKINGS_URL: 'http://localhost:3001',
});

export type RoleOptions = {
  readonly service: string;
  /** Without one, all roles of the service in one process. */
  readonly role?: string | undefined;
  /** Variables of the service's config.ts. PORT and ADMIN_PORT are chosen unless given. */
  readonly env: Readonly<Record<string, string>>;
  readonly logFile?: string | undefined;
  /** Options of node itself. */
  readonly nodeOptions?: readonly string[];
  /** A command that starts the one behind it: `['prlimit', '--nofile=64']`. */
  readonly under?: readonly string[];
  /** Directory of the code, with a slash at its end. Default: this repository. */
  readonly checkout?: string | undefined;
};

/** As in the image. */
const heapOptions = ['--max-semi-space-size=16', '--heap-growing-percent=100'];

/** `node services/<service>/src/main.ts <role>`. */
export const startRole = async (options: RoleOptions) => {
  const { service, role, env, logFile, nodeOptions = [], under = [], checkout = repository } = options;
  const name = [service, role].filter(Boolean).join(' ');
  const main = `${checkout}services/${service}/src/main.ts`;
  const port = env['PORT'] ?? String(await freePort());
  const adminPort = env['ADMIN_PORT'] ?? String(await freePort());
  const node = [process.execPath, ...heapOptions, ...nodeOptions, main, ...(role ? [role] : [])];
  const [file, ...args] = [...under, ...node];
  const child = await launch({
    file: file as string,
    args,
    env: { HOST: loopback, ...env, PORT: port, ADMIN_PORT: adminPort },
    cwd: checkout,
    logFile,
  });
  const adminUrl = `http://${loopback}:${adminPort}`;
  const isApi = role === undefined || role === 'api';
  const listens = (): boolean => {
    const ports = portsItListensOn(child.log());
    return ports.get('admin') === Number(adminPort) && (!isApi || ports.get('http') === Number(port));
  };
  const isReady = async (): Promise<true> => {
    if (!listens()) throw new Error('it does not say that it listens');
    const response = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`/readyz gave ${response.status} ${await response.text()}`);
    return true;
  };
  return {
    ...child,
    /** Of its api, whether it runs one or not. */
    url: `http://${loopback}:${port}`,
    adminUrl,
    /** It exited because another program listens on one of its ports. */
    portWasTaken: () => child.hasExited() && child.log().includes('EADDRINUSE'),
    /** Until it listens and /readyz answers 200. Fails at once, with the end of its log, if it exits first. */
    waitReady: async () => void (await untilReady(name, child, isReady, { within: 30_000 })),
  };
};

export type RoleProcess = Awaited<ReturnType<typeof startRole>>;

export type Supervision = { readonly onNewProcess?: () => Promise<void>; readonly say?: (line: string) => void };

/** The first restart comes at once, further ones at most this much later. */
const longestPause = 900;
const READY_WITHIN_MS = 60_000;
/** A role has 10 s to drain. */
export const DRAIN_MS = 12_000;

/**
 * Keeps one process of a role running: restarted within a second whenever it ends. `optionsOf` is called before each start,
 * with a number that counts from 0 and the process before it.
 */
export const superviseRole = async (
  name: string,
  optionsOf: (generation: number, before?: RoleProcess) => RoleOptions | Promise<RoleOptions>,
  { onNewProcess = async () => undefined, say = () => undefined }: Supervision = {},
) => {
  const endings: (number | NodeJS.Signals)[] = [];
  let stopping = false;
  let current = await startRole(await optionsOf(0));
  let replaced = Promise.withResolvers<void>();

  const keepRunning = async (): Promise<void> => {
    for (let wait = 50; ; wait = Math.min(wait * 2, longestPause)) {
      const began = performance.now();
      const how = await current.exited;
      endings.push(how);
      if (stopping) return;
      if (performance.now() - began > 5_000) wait = 50;
      say(`${name} (pid ${current.pid}) ended with ${how}; restarting`);
      await pause(wait);
      if (stopping) return;
      current = await startRole(await optionsOf(endings.length, current));
      replaced.resolve();
      replaced = Promise.withResolvers();
      await onNewProcess();
    }
  };
  const supervising = keepRunning();
  return {
    /** The process that runs now. */
    current: () => current,
    /** How the processes before it ended: exit code or signal, the oldest first. */
    endings: endings as readonly (number | NodeJS.Signals)[],
    /** Until the current process, or one that replaces it, is ready; fails at once if `mayRetry` returns false for one that failed. */
    waitReady: async (mayRetry: (failed: RoleProcess) => boolean = () => true): Promise<void> => {
      const deadline = performance.now() + READY_WITHIN_MS;
      for (;;) {
        const waiting = current;
        const problem = await waiting.waitReady().then(
          () => null,
          (error: unknown) => error as Error,
        );
        if (!problem) return;
        if (!mayRetry(waiting) || performance.now() > deadline) throw problem;
        await eventually(() => current !== waiting || !waiting.hasExited(), { describe: `${name} runs again` });
      }
    },
    /** SIGTERM, and another process in its place when it has exited; resolves when that one runs. */
    restart: async () => {
      const next = replaced.promise;
      await current.end('SIGTERM', DRAIN_MS);
      await next;
    },
    /** SIGTERM, and no further restart; resolves when it has drained and exited. */
    stop: async () => {
      stopping = true;
      await current.end('SIGTERM', DRAIN_MS);
      await supervising;
    },
  };
};

export type Supervised = Awaited<ReturnType<typeof superviseRole>>;
