import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresServer } from './servers.ts';
import { launch } from './launch.ts';
import type { Launched } from './launch.ts';
import { findNativeBinaries, postgresUser } from './binaries.ts';
import { freePort, loopback } from './ports.ts';
import { onAnotherPortIfTaken, waitForPostgres } from './readiness.ts';

const run = promisify(execFile);

/** A crash of the process loses nothing with these; only a crash of the machine would, and the data is not for keeping. */
const ordinary = {
  listen_addresses: loopback,
  unix_socket_directories: '',
  max_connections: '300',
  fsync: 'off',
  full_page_writes: 'off',
  log_min_messages: 'warning',
  // nothing of a row in the log, whatever else is set: as in compose and Kubernetes
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
};

/** PostgreSQL's own durability; `logical`, because a relay that is measured for comparison reads the write-ahead log. */
export const durableSettings = { fsync: 'on', full_page_writes: 'on', wal_level: 'logical' };

/** Where PostgreSQL's files are and as whom it runs; `data` exists already. */
export type PostgresFiles = {
  readonly bin: string;
  readonly directory: string;
  readonly password: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** Settings besides the ordinary ones. */
  readonly settings?: Readonly<Record<string, string>>;
};

export const dataOf = (directory: string): string => join(directory, 'data');

/** Runs the server in `data` on a free port of loopback, the same one at each start. */
export const runPostgres = async (files: PostgresFiles): Promise<PostgresServer> => {
  const { bin, directory, password, user, settings = {} } = files;
  const url = (port: number) => `postgresql://administrator:${password}@${loopback}:${port}/postgres`;

  const start = async (port: number): Promise<Launched> => {
    const all = Object.entries({ ...ordinary, ...settings, port });
    const child = await launch({
      file: join(bin, 'postgres'),
      args: ['-D', dataOf(directory), ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      env: { LANG: 'C', LC_ALL: 'C', TZ: 'UTC' },
      cwd: directory,
      logFile: join(directory, 'postgres.log'),
      user,
      orphanSignal: 'SIGQUIT',
    });
    await waitForPostgres(url(port), child);
    return child;
  };

  const first = await onAnotherPortIfTaken(async () => {
    const port = await freePort();
    return { port, child: await start(port) };
  });
  let { child } = first;
  return {
    adminUrl: url(first.port),
    stop: () => child.end('SIGINT', 10_000),
    kill: () => child.end('SIGKILL', 0),
    // after a kill the old backends need a moment to release the shared memory
    start: async () => void (child = await onAnotherPortIfTaken(() => start(first.port))),
  };
};

export const newPostgresFiles = async (
  directory: string,
  password = randomBytes(18).toString('base64url'),
): Promise<PostgresFiles> => ({
  bin: (await findNativeBinaries()).postgres,
  directory,
  password,
  user: await postgresUser(),
});

/** Makes its `data`; `more` goes to initdb. */
export const initialisePostgres = async (files: PostgresFiles, more: readonly string[] = []): Promise<void> => {
  const { bin, directory, password, user } = files;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) for (const path of [directory, passwordFile]) await chown(path, user.uid, user.gid);
  const authentication = ['--username=administrator', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const args = ['-D', dataOf(directory), '-E', 'UTF8', '--no-locale', '--no-sync', ...authentication, ...more];
  await run(join(bin, 'initdb'), args, { cwd: directory, ...user });
  await rm(passwordFile);
};

type Given = Pick<PostgresFiles, 'settings'> & { readonly password?: string | undefined };

/** A private PostgreSQL in `directory`, on a free port of loopback. Data that is there already has its own `password`. */
export const startNativePostgres = async (
  directory: string,
  { settings = {}, password }: Given = {},
): Promise<PostgresServer> => {
  const files = await newPostgresFiles(directory, password);
  if (!existsSync(join(dataOf(directory), 'PG_VERSION'))) await initialisePostgres(files);
  return runPostgres({ ...files, settings });
};
