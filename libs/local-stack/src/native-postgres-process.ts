import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresServer } from './backing.ts';
import { spawnDetached } from './detached-process.ts';
import type { DetachedProcess } from './detached-process.ts';
import { freePort, loopback } from './ports.ts';
import { waitForPostgres } from './readiness.ts';
import { onAnotherPortIfTaken } from './taken-port.ts';

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

/** PostgreSQL's own durability; `logical`, because a relay that is measured beside ours reads the write-ahead log. */
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

/** Runs what lies in `data` on a free port of loopback, the same one at each start. */
export const runPostgres = async (files: PostgresFiles): Promise<PostgresServer> => {
  const { bin, directory, password, user, settings = {} } = files;
  const logFile = join(directory, 'postgres.log');
  const log = () => readFileSync(logFile, 'utf8').split('\n').slice(-5).join(' ');
  const url = (port: number) => `postgresql://administrator:${password}@${loopback}:${port}/postgres`;

  const launch = async (port: number): Promise<DetachedProcess> => {
    const all = Object.entries({ ...ordinary, ...settings, port });
    const child = await spawnDetached({
      file: join(bin, 'postgres'),
      args: ['-D', dataOf(directory), ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      env: { PATH: process.env['PATH'], LANG: 'C', LC_ALL: 'C', TZ: 'UTC' },
      cwd: directory,
      logFile,
      user,
      orphanSignal: 'SIGQUIT',
    });
    await waitForPostgres(url(port), { gaveUp: child.hasExited, log });
    return child;
  };

  const first = await onAnotherPortIfTaken(async () => {
    const port = await freePort();
    return { port, child: await launch(port) };
  });
  let { child } = first;
  return {
    adminUrl: url(first.port),
    stop: () => child.end('SIGINT', 10_000),
    kill: () => child.end('SIGKILL', 0),
    // After a kill the old backends need a moment to let go of the shared memory.
    start: async () => void (child = await onAnotherPortIfTaken(() => launch(first.port))),
  };
};
