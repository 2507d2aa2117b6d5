import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const policyFile = '/usr/sbin/policy-rc.d';
const quiet = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };

export const canInstallDebianPackages = (): boolean =>
  process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');

/** Installs them with apt-get, waiting for another apt-get that is running; none of their services is started. */
export const installDebianPackages = async (packages: readonly string[]): Promise<void> => {
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  // Debian asks this file before it starts a service after installing it; 101 means no. An existing one is left alone.
  const ours = !existsSync(policyFile);
  if (ours) await writeFile(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await run('apt-get', [...wait, 'update'], quiet);
    await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], quiet);
  } finally {
    if (ours) await rm(policyFile, { force: true });
  }
};

const onPath = (name: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin']
    .map((directory) => join(directory, name))
    .find((file) => existsSync(file));

const newestFirst = (paths: string[]): string[] => paths.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));

/** The folder with `initdb` and `postgres`; Debian keeps them off the PATH. */
const findPostgres = (): string | undefined => {
  const debian = newestFirst(globSync('/usr/lib/postgresql/*/bin/initdb'))[0];
  const initdb = debian ?? onPath('initdb');
  return initdb && existsSync(join(dirname(initdb), 'postgres')) ? dirname(initdb) : undefined;
};

/** The server's own start script: Debian's one on the PATH is a wrapper that switches users. */
const findRabbitmq = (): string | undefined =>
  newestFirst(globSync('/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server'))[0] ?? onPath('rabbitmq-server');

export const findEpmd = (): string | undefined => onPath('epmd');

type Binaries = { readonly postgres: string; readonly rabbitmq: string; readonly found: string };

const missingPackages = (): string[] => [
  ...(findPostgres() ? [] : ['postgresql']),
  ...(findRabbitmq() ? [] : ['rabbitmq-server']),
];

/** Installs what is missing where that is possible; `found` says what was done. */
export const findNativeBinaries = async (say: (line: string) => void = () => undefined): Promise<Binaries> => {
  const missing = missingPackages();
  if (missing.length > 0 && !canInstallDebianPackages())
    throw new Error(
      `neither a Docker engine that can run them nor ${missing.join(' and ')} on this machine: ` +
        `install ${missing.join(' and ')} (or Docker), or set LOCAL_STACK=external with its two URLs`,
    );
  if (missing.length > 0) {
    say(`installing ${missing.join(' and ')} from Debian (their own services are not started)`);
    await installDebianPackages(missing);
  }
  const [postgres, rabbitmq] = [findPostgres(), findRabbitmq()];
  if (!postgres || !rabbitmq)
    throw new Error(`${missingPackages().join(' and ')} installed, but the binaries are not where Debian puts them`);
  const found =
    missing.length > 0 ? `${missing.join(' and ')} installed just now` : 'binaries of both are on this machine';
  return { postgres, rabbitmq, found };
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
