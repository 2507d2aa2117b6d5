import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { guardOrphan } from '@mentor-sessions/local-stack/orphans';
import { isRootOfLinux, run } from './network-tools.ts';

export type SmallDisk = {
  /** Takes all that is left, to the last block. */
  fill(): Promise<void>;
  free(): Promise<void>;
  remove(): Promise<void>;
};
export type DiskOptions = {
  readonly megabytes: number;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
};

const isFull = (error: unknown): boolean => (error as { code?: string }).code === 'ENOSPC';

/** In ever smaller pieces, as the last one does not fit. */
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

/** A file system of that size at `path`, in memory. */
export const mountSmallDisk = async (path: string, { megabytes, owner }: DiskOptions): Promise<SmallDisk> => {
  if (!isRootOfLinux()) throw new Error('a small disk is a mount, and that needs root on Linux');
  await mkdir(path, { recursive: true });
  const options = [`size=${megabytes}m`, 'mode=0700', ...(owner ? [`uid=${owner.uid}`, `gid=${owner.gid}`] : [])];
  const forget = guardOrphan({ mount: path });
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
