import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAlive } from '../bootstrap/alive.mjs';
import { localFiles } from './local-files.ts';

/** Each `npm start` has a folder of its own; those of the ones before it go, unless they still run. */
export const prepareLogs = async (): Promise<void> => {
  const folder = dirname(localFiles.logs);
  await mkdir(localFiles.logs, { recursive: true });
  const gone = (await readdir(folder)).filter((pid) => !isAlive(Number(pid)));
  await Promise.all(gone.map((pid) => rm(join(folder, pid), { recursive: true, force: true })));
};
