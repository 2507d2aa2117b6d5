import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresServer } from '@mentor-sessions/local-stack/backing';
import { query } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import {
  dataOf,
  initialisePostgres,
  newPostgresFiles,
  runPostgres,
} from '@mentor-sessions/local-stack/native-postgres';
import { run } from './network.ts';
import { makePrivateDirectory } from './private-directory.ts';

export type ArchivedPostgres = {
  readonly server: PostgresServer;
  /** Runs commands as the server's user, with PGDATA, BACKUP, WAL_ARCHIVE and ADMIN_URL. */
  shell(commands: string, variables?: Readonly<Record<string, string>>): Promise<void>;
  /** Starts it after its data was restored; resolves when it accepts writes. */
  startRestored(): Promise<void>;
  close(): Promise<void>;
};

/** A PostgreSQL server with an archived write-ahead log, for point-in-time recovery. */
export const startArchivedPostgres = async (name: string): Promise<ArchivedPostgres> => {
  const directory = await makePrivateDirectory(name);
  try {
    const files = await newPostgresFiles(join(directory.path, 'server'));
    await initialisePostgres(files);
    const archive = join(files.directory, 'archive');
    await mkdir(archive, { mode: 0o700 });
    if (files.user) await chown(archive, files.user.uid, files.user.gid);
    const settings = { full_page_writes: 'on', archive_mode: 'on', archive_command: `cp "%p" "${archive}/%f"` };
    const server = await runPostgres({ ...files, settings });
    const env = {
      PATH: `${files.bin}:${process.env['PATH']}`,
      PGDATA: dataOf(files.directory),
      BACKUP: join(files.directory, 'backup'),
      WAL_ARCHIVE: archive,
      ADMIN_URL: server.adminUrl,
    };
    return {
      server,
      shell: async (commands, variables = {}) => {
        await run('bash', ['-euc', commands], { cwd: files.directory, env: { ...env, ...variables }, ...files.user });
      },
      startRestored: async () => {
        await server.start();
        const isPrimary = async () => {
          const [row] = await query<{ recovering: boolean }>(
            server.adminUrl,
            'select pg_is_in_recovery() as recovering',
          );
          return row?.recovering === false;
        };
        await eventually(isPrimary, { within: 60_000, describe: 'the restored server takes writes' });
      },
      close: async () => {
        await server.kill();
        await directory.remove();
      },
    };
  } catch (error) {
    await directory.remove();
    throw error;
  }
};
