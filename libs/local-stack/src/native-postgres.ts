import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { spawnDetached } from './detached-process.ts';
import type { DetachedProcess } from './detached-process.ts';
import type { PostgresServer } from './backing.ts';
import { postgresUser } from './native-binaries.ts';
import { freePort, loopback } from './ports.ts';
import { waitForPostgres } from './readiness.ts';
import { onAnotherPortIfTaken } from './taken-port.ts';

const run = promisify(execFile);

/** A crash of the process loses nothing with these; only a crash of the machine would, and the data is not for keeping. */
const settings = {
  listen_addresses: loopback,
  unix_socket_directories: '',
  max_connections: '300',
  fsync: 'off',
  full_page_writes: 'off',
  log_min_messages: 'warning',
};

type Cluster = {
  readonly bin: string;
  readonly directory: string;
  readonly password: string;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
};

const initialise = async ({ bin, directory, password, user }: Cluster): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) for (const path of [directory, passwordFile]) await chown(path, user.uid, user.gid);
  const authentication = ['--username=administrator', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const args = ['-D', join(directory, 'data'), '-E', 'UTF8', '--no-locale', '--no-sync', ...authentication];
  await run(join(bin, 'initdb'), args, { cwd: directory, ...user });
  await rm(passwordFile);
};

/** A private PostgreSQL in `directory`, on a free port of loopback. */
export const startNativePostgres = async (bin: string, directory: string): Promise<PostgresServer> => {
  const user = await postgresUser();
  const password = randomBytes(18).toString('base64url');
  await initialise({ bin, directory, password, user });
  const logFile = join(directory, 'postgres.log');
  const log = () => readFileSync(logFile, 'utf8').split('\n').slice(-5).join(' ');
  const url = (port: number) => `postgresql://administrator:${password}@${loopback}:${port}/postgres`;

  const launch = async (port: number): Promise<DetachedProcess> => {
    const options = Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = await spawnDetached({
      file: join(bin, 'postgres'),
      args: ['-D', join(directory, 'data'), ...options],
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
