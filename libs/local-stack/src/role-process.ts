import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnDetached } from './detached-process.ts';
import type { DetachedProcess } from './detached-process.ts';
import { eventually } from './eventually.ts';
import { portsItListensOn, portWasTaken } from './listening.ts';
import { repository } from './migrations.ts';
import { freePort, loopback } from './ports.ts';

export type RoleOptions = {
  readonly service: string;
  /** One role, or none for all roles of the service in one process. */
  readonly role?: string;
  /** Variables of the service's config.ts; PORT and ADMIN_PORT are chosen when they are not given. */
  readonly env: Readonly<Record<string, string>>;
  /** Where its log goes; default: a temporary file that is removed when it has exited. */
  readonly logFile?: string;
  /** Options of node itself. */
  readonly nodeOptions?: readonly string[];
  /** A command that ends in becoming the one behind it: `['prlimit', '--nofile=64']`. */
  readonly under?: readonly string[];
};
export type RoleProcess = DetachedProcess & {
  /** Of its api, whether it runs one or not. */
  readonly url: string;
  readonly adminUrl: string;
  log(): string;
  /** It has exited because another program listens on one of its ports. */
  readonly portWasTaken: () => boolean;
  /** Until it listens itself and /readyz says 200; fails at once, with the end of its log, if it exits first. */
  waitReady(within?: number): Promise<void>;
};

/** As the image has them. */
const heapOptions = ['--max-semi-space-size=16', '--heap-growing-percent=100'];

const temporaryLog = async (): Promise<{ file: string; remove: () => Promise<void> }> => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-role-'));
  return { file: join(directory, 'log'), remove: () => rm(directory, { recursive: true, force: true }) };
};

type Ports = { readonly PORT: string; readonly ADMIN_PORT: string };

const listens = (log: string, role: string | undefined, { PORT, ADMIN_PORT }: Ports): boolean => {
  const own = portsItListensOn(log);
  const isApi = role === undefined || role === 'api';
  return own.get('admin') === Number(ADMIN_PORT) && (!isApi || own.get('http') === Number(PORT));
};

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-8).join('\n');

/** `node services/<service>/src/main.ts <role>` in a process group of its own. It gets no variable of ours but PATH. */
export const spawnRole = async (options: RoleOptions): Promise<RoleProcess> => {
  const { service, role, env, logFile, nodeOptions = [], under = [] } = options;
  const main = `${repository}services/${service}/src/main.ts`;
  const ports = {
    PORT: env['PORT'] ?? String(await freePort()),
    ADMIN_PORT: env['ADMIN_PORT'] ?? String(await freePort()),
  };
  const temporary = logFile === undefined ? await temporaryLog() : undefined;
  const file = logFile ?? temporary?.file ?? '';
  const before = sizeOf(file);
  const [command = '', ...args] = [
    ...under,
    process.execPath,
    ...heapOptions,
    ...nodeOptions,
    main,
    ...(role ? [role] : []),
  ];
  const child = await spawnDetached({
    file: command,
    args,
    env: { PATH: process.env['PATH'], HOST: loopback, ...env, ...ports },
    cwd: repository,
    logFile: file,
  });
  let ended: string | undefined;
  const log = (): string => ended ?? readFileSync(file, 'utf8');
  if (temporary) {
    child.exited.then(
      () => {
        ended = log();
        return temporary.remove();
      },
      () => undefined,
    );
  }
  const adminUrl = `http://${loopback}:${ports.ADMIN_PORT}`;
  const ownLog = (): string => ended ?? readFileSync(file).subarray(before).toString();
  const isReady = async (): Promise<string> => {
    if (child.hasExited()) return 'exited';
    if (!listens(ownLog(), role, ports)) throw new Error('it does not say that it listens');
    const response = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`/readyz gave ${response.status} ${await response.text()}`);
    return 'ready';
  };
  return {
    ...child,
    url: `http://${loopback}:${ports.PORT}`,
    adminUrl,
    log,
    portWasTaken: () => child.hasExited() && portWasTaken(ownLog()),
    waitReady: async (within = 30_000) => {
      const name = [service, role].filter(Boolean).join(' ');
      const outcome = await eventually(isReady, { within, describe: `${name} is ready` }).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${lastLines(log())}`, { cause: error });
      });
      if (outcome === 'exited') throw new Error(`${name} exited before it was ready:\n${lastLines(log())}`);
    },
  };
};
