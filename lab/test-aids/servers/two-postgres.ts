import { join } from 'node:path';
import type { PostgresServer } from '@mentor-sessions/local-stack/backing';
import { initialisePostgres, newPostgresFiles, runPostgres } from '@mentor-sessions/local-stack/native-postgres';
import { binariesOf } from '../../versions/servers.ts';
import { suites } from '../../versions/suites.ts';
import { makePrivateDirectory } from './private-directory.ts';

export type NewPostgres = PostgresServer & { readonly binaries: string };

/**
 * PostgreSQL of this machine with logical replication, and the newest of Debian's suites, empty,
 * with the same administrator's password.
 */
export const startTwoPostgres = async () => {
  const directory = await makePrivateDirectory('servers');
  const started: PostgresServer[] = [];
  const close = async (): Promise<void> => {
    for (const server of started) await server.kill();
    await directory.remove();
  };
  try {
    const files = await newPostgresFiles(join(directory.path, 'old'));
    const newFiles = { ...files, directory: join(directory.path, 'new'), bin: binariesOf(suites[2]) };
    await Promise.all([initialisePostgres(files), initialisePostgres(newFiles)]);
    const old = await runPostgres({ ...files, settings: { wal_level: 'logical' } });
    started.push(old);
    const next = await runPostgres(newFiles);
    started.push(next);
    return { old, next: { ...next, binaries: newFiles.bin }, close };
  } catch (error) {
    await close();
    throw error;
  }
};
