import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { canInstallDebianPackages, installDebianPackages } from './debian-packages.ts';

const run = promisify(execFile);

const searchPath = (): string[] => [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/sbin',
  '/usr/local/sbin',
  '/opt/homebrew/sbin',
];
const onPath = (name: string): string | undefined =>
  searchPath()
    .map((directory) => join(directory, name))
    .find((file) => existsSync(file));

const newestFirst = (paths: string[]): string[] => paths.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));

/** The folder with `initdb` and `postgres`; Debian keeps them off the PATH. */
export const findPostgres = (): string | undefined => {
  const debian = newestFirst(globSync('/usr/lib/postgresql/*/bin/initdb'))[0];
  const initdb = debian ?? onPath('initdb');
  return initdb && existsSync(join(dirname(initdb), 'postgres')) ? dirname(initdb) : undefined;
};

/** The server's own start script: Debian's one on the PATH is a wrapper that switches users. */
export const findRabbitmq = (): string | undefined =>
  newestFirst(globSync('/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server'))[0] ?? onPath('rabbitmq-server');

export const findEpmd = (): string | undefined => onPath('epmd');

const missingPackages = (): string[] => [
  ...(findPostgres() ? [] : ['postgresql']),
  ...(findRabbitmq() ? [] : ['rabbitmq-server']),
];

/** Installs what is missing where that is possible; gives the sentence for `why`. */
export const ensureNativeBinaries = async (say: (line: string) => void): Promise<string> => {
  const missing = missingPackages();
  if (missing.length === 0) return 'binaries of both are on this machine';
  if (!canInstallDebianPackages()) {
    throw new Error(
      `neither a Docker engine that can run them nor ${missing.join(' and ')} on this machine: ` +
        `install ${missing.join(' and ')} (or Docker), or set LOCAL_STACK=external with its two URLs`,
    );
  }
  say(`installing ${missing.join(' and ')} from Debian (their own services are not started)`);
  await installDebianPackages(missing);
  const still = missingPackages();
  if (still.length > 0)
    throw new Error(`${still.join(' and ')} installed, but the binaries are not where Debian puts them`);
  return `${missing.join(' and ')} installed just now`;
};

/** PostgreSQL refuses to run as root: then as `postgres`, or as `nobody` where that user is missing. */
export const postgresUser = async (): Promise<{ uid: number; gid: number } | undefined> => {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name]).catch(() => undefined)));
    const [uid, gid] = ids.map((result) => Number(result?.stdout.trim()));
    if (uid && gid) return { uid, gid };
  }
  throw new Error('PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody');
};
