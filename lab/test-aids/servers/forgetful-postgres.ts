import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresServer } from '@mentor-sessions/local-stack/backing';
import {
  dataOf,
  initialisePostgres,
  newPostgresFiles,
  runPostgres,
} from '@mentor-sessions/local-stack/native-postgres';
import { mountForgetfulDisk, type Cut, type ForgetfulDisk, type HowToCut } from './forgetful-disk.ts';
import { run } from './network.ts';
import { makePrivateDirectory } from './private-directory.ts';

export type ForgetfulPostgres = {
  readonly server: PostgresServer;
  readonly disk: ForgetfulDisk;
  log(): Promise<string>;
  /** Ends the server as a power cut does; it stays down, with what reached its disk. */
  cutPower(how?: HowToCut): Promise<Cut>;
  close(): Promise<void>;
};

/** Durable, as in production; with frequent checkpoints, so that pages are written all the time. */
const durable = { fsync: 'on', full_page_writes: 'on', max_wal_size: '128MB', checkpoint_timeout: '30s' };

/** Backends that wait for a failed one can outlive their postmaster, which a power cut would not allow. */
const killAllIn = async (directory: string): Promise<void> => {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const id of ids) if ((await readlink(`/proc/${id}/cwd`).catch(() => '')) === directory) killIfThere(Number(id));
};

const killIfThere = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has just ended
  }
};

/** A PostgreSQL server on a disk that loses what was not flushed at a power cut. */
export const startForgetfulPostgres = async (
  settings: Readonly<Record<string, string>> = {},
): Promise<ForgetfulPostgres> => {
  const directory = await makePrivateDirectory('forgetful');
  const endings = [directory.remove];
  const close = async (): Promise<void> => {
    for (const end of endings.splice(0).reverse()) await end();
  };
  try {
    const files = await newPostgresFiles(join(directory.path, 'server'));
    const data = dataOf(files.directory);
    const own = { directory: join(directory.path, 'disk'), megabytes: 1_024, owner: files.user };
    const disk = await mountForgetfulDisk(data, own);
    endings.push(disk.remove);
    await initialisePostgres(files, ['--data-checksums']);
    await run('sync', ['--file-system', data]);
    const server = await runPostgres({ ...files, settings: { ...durable, ...settings } });
    endings.push(server.kill);
    return {
      server,
      disk,
      log: () => readFile(join(files.directory, 'postgres.log'), 'utf8'),
      cutPower: async (how) => {
        const cut = await disk.cutPower(how);
        await server.kill();
        await killAllIn(data);
        await disk.restorePower();
        return cut;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
