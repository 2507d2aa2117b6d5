import { mkdir, open, rm, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { guardOrphan } from '@mentor-sessions/local-stack/orphans';
import { isRootOfLinux, run } from './network.ts';
import type { PostgresServer } from '@mentor-sessions/local-stack/backing';
import {
  dataOf,
  runPostgres,
  initialisePostgres,
  newPostgresFiles,
} from '@mentor-sessions/local-stack/native-postgres';
import type { PostgresFiles } from '@mentor-sessions/local-stack/native-postgres';
import { makePrivateDirectory } from './private-directory.ts';

type SmallDisk = {
  /** Fills the disk to the last block. */
  fill(): Promise<void>;
  free(): Promise<void>;
  remove(): Promise<void>;
};
type DiskOptions = {
  readonly megabytes: number;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
};

const isFull = (error: unknown): boolean => (error as { code?: string }).code === 'ENOSPC';

/** In smaller and smaller pieces. */
const writeUntilFull = async (path: string): Promise<void> => {
  const file = await open(path, 'a');
  try {
    for (let piece = 1_048_576; piece >= 512;) {
      const { bytesWritten } = await file.write(Buffer.alloc(piece)).catch((error: unknown) => {
        if (isFull(error)) return { bytesWritten: 0 };
        throw error;
      });
      if (bytesWritten < piece) piece /= 2;
    }
  } finally {
    await file.close();
  }
};

/** A file system of that size in memory, mounted at `path`. */
export const mountSmallDisk = async (path: string, { megabytes, owner }: DiskOptions): Promise<SmallDisk> => {
  if (!isRootOfLinux()) throw new Error('a small disk is a mount, and that needs root on Linux');
  await mkdir(path, { recursive: true });
  const options = [`size=${megabytes}m`, 'mode=0700', ...(owner ? [`uid=${owner.uid}`, `gid=${owner.gid}`] : [])];
  const forget = guardOrphan({ command: ['umount', '--lazy', path] });
  await run('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', path]);
  const ballast = join(path, 'ballast');
  return {
    fill: () => writeUntilFull(ballast),
    free: () => rm(ballast, { force: true }),
    remove: async () => {
      await run('umount', ['--lazy', path]);
      forget();
    },
  };
};

export type SmallDiskPostgres = {
  readonly server: PostgresServer;
  /** Its disk is full: a table that must grow is refused with 53100. */
  fill(): Promise<void>;
  free(): Promise<void>;
  close(): Promise<void>;
};
/** Arguments of initdb for a write-ahead log on another disk: a server that cannot write its log stops instead of refusing writes. */
const logElsewhere = async ({ directory, user }: PostgresFiles): Promise<string[]> => {
  const log = join(directory, 'wal');
  await mkdir(log, { recursive: true, mode: 0o700 });
  if (user) await chown(log, user.uid, user.gid);
  return [`--waldir=${log}`];
};

/** A PostgreSQL server whose data is on a disk that can be filled. */
export const startSmallDiskPostgres = async ({ megabytes = 160 } = {}): Promise<SmallDiskPostgres> => {
  const directory = await makePrivateDirectory('small-disk');
  const endings = [directory.remove];
  const close = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    const files = await newPostgresFiles(join(directory.path, 'server'));
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
