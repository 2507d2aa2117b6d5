import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresServer } from '@mentor-sessions/local-stack/backing';
import { ensureNativeBinaries, findPostgres } from '@mentor-sessions/local-stack/binaries';
import {
  dataOf,
  runPostgres,
  initialisePostgres,
  newPostgresFiles,
} from '@mentor-sessions/local-stack/native-postgres';
import type { PostgresFiles } from '@mentor-sessions/local-stack/native-postgres';
import { makePrivateDirectory } from './private-directory.ts';
import { mountSmallDisk } from './small-disk.ts';

export type SmallDiskPostgres = {
  readonly server: PostgresServer;
  /** Nothing is left on its disk: a table that must grow is refused with 53100. */
  fill(): Promise<void>;
  free(): Promise<void>;
  close(): Promise<void>;
};
/** Arguments of initdb for a write-ahead log on another disk: a server that cannot write its log would end, not refuse. */
const logElsewhere = async ({ directory, user }: PostgresFiles): Promise<string[]> => {
  const log = join(directory, 'wal');
  await mkdir(log, { recursive: true, mode: 0o700 });
  if (user) await chown(log, user.uid, user.gid);
  return [`--waldir=${log}`];
};

/** A PostgreSQL whose data lie on a disk that can be filled. */
export const startSmallDiskPostgres = async ({ megabytes = 160 } = {}): Promise<SmallDiskPostgres> => {
  await ensureNativeBinaries(() => undefined);
  const directory = await makePrivateDirectory('small-disk');
  const endings = [directory.remove];
  const close = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    const files = await newPostgresFiles(findPostgres() as string, join(directory.path, 'server'));
    const disk = await mountSmallDisk(dataOf(files.directory), { megabytes, owner: files.user });
    endings.push(disk.remove);
    await initialisePostgres(files, await logElsewhere(files));
    const server = await runPostgres(files);
    endings.push(server.kill);
    return { server, fill: disk.fill, free: disk.free, close };
  } catch (error) {
    await close();
    throw error;
  }
};
