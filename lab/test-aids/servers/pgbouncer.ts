import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianCommand } from '../debian-command.ts';
import { launch } from '@mentor-sessions/local-stack/launch';
import { postgresUser } from '@mentor-sessions/local-stack/binaries';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import { waitForPostgres, onAnotherPortIfTaken } from '@mentor-sessions/local-stack/readiness';
import { makePrivateDirectory } from './private-directory.ts';

export type PgbouncerOptions = {
  readonly mode: 'session' | 'transaction' | 'statement';
  /** Databases of one server; PgBouncer knows the logins of these URLs. */
  readonly urls: readonly string[];
  /** Further lines of `[pgbouncer]`. */
  readonly settings?: Readonly<Record<string, string>>;
};

const ini = ({ mode, urls, settings = {} }: PgbouncerOptions, port: number): string => {
  const target = new URL(urls[0] ?? '');
  const all = {
    listen_addr: loopback,
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: 'users.txt',
    pool_mode: mode,
    max_client_conn: 1_000,
    default_pool_size: 200,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  return ['[databases]', `* = host=${target.hostname} port=${target.port}`, '[pgbouncer]', ...lines, ''].join('\n');
};

const users = (urls: readonly string[]): string =>
  urls.map((url) => `"${new URL(url).username}" "${decodeURIComponent(new URL(url).password)}"\n`).join('');

/** Starts a PgBouncer in front of a PostgreSQL server. */
export const startPgbouncer = async (options: PgbouncerOptions) => {
  const file = await debianCommand('pgbouncer', 'pgbouncer');
  const user = await postgresUser();
  const directory = await makePrivateDirectory('pgbouncer');
  const logFile = join(directory.path, 'pgbouncer.log');
  const write = async (name: string, text: string): Promise<void> => {
    const path = join(directory.path, name);
    await writeFile(path, text, { mode: 0o600 });
    if (user) await chown(path, user.uid, user.gid);
  };
  const through = (port: number) => (url: string) =>
    Object.assign(new URL(url), { hostname: loopback, port: String(port) }).href;
  try {
    const { child, port } = await onAnotherPortIfTaken(async () => {
      const port = await freePort();
      await write('users.txt', users(options.urls));
      await write('pgbouncer.ini', ini(options, port));
      const child = await launch({
        file,
        args: ['pgbouncer.ini'],
        env: { PATH: process.env['PATH'] },
        cwd: directory.path,
        logFile,
        user,
      });
      await waitForPostgres(through(port)(options.urls[0] ?? ''), child);
      return { child, port };
    });
    const close = async () => {
      await child.end('SIGTERM', 2_000);
      await directory.remove();
    };
    /** `through`: the same URL, through the pooler. */
    return { through: through(port), close };
  } catch (error) {
    await directory.remove();
    throw error;
  }
};

export type Pgbouncer = Awaited<ReturnType<typeof startPgbouncer>>;
