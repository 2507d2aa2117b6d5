import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/launch';
import { newSigning, publicKeys } from '@mentor-sessions/local-stack/tokens';
import type { Signing } from '@mentor-sessions/local-stack/tokens';
import { isAlive } from '../bootstrap/alive.mjs';

const folder = resolve(repository, process.env['LOCAL_STACK_FOLDER'] || '.local');

/** What `npm start` leaves for others. `LOCAL_STACK_FOLDER` puts it elsewhere, e.g. for a second stack. */
export const localFiles = {
  stack: `${folder}/stack.json`,
  signingKey: `${folder}/signing-key.json`,
  jwks: `${folder}/jwks.json`,
  logs: `${folder}/logs/${process.pid}`,
  /** With --keep: the data. */
  kept: `${folder}/kept`,
} as const;

/** Each `npm start` has its own log folder; folders of those that have ended are removed. */
export const prepareLogs = async (): Promise<void> => {
  const all = dirname(localFiles.logs);
  await mkdir(localFiles.logs, { recursive: true });
  const gone = (await readdir(all)).filter((pid) => !isAlive(Number(pid)));
  await Promise.all(gone.map((pid) => rm(join(all, pid), { recursive: true, force: true })));
};

/** The key that signs this checkout's development tokens; undefined before the first `npm start`. */
export const findSigning = async (): Promise<Signing | undefined> => {
  if (!existsSync(localFiles.signingKey)) return undefined;
  return JSON.parse(await readFile(localFiles.signingKey, 'utf8')) as Signing;
};

const createSigning = async (): Promise<Signing> => {
  const signing = await newSigning();
  await mkdir(folder, { recursive: true });
  await writeFile(localFiles.signingKey, JSON.stringify(signing, null, 2), { mode: 0o600 });
  return signing;
};

/** Created at the first start and kept, so that two stacks of one checkout accept the same tokens. */
export const readSigning = async (): Promise<{ signing: Signing; jwksFile: string }> => {
  const signing = (await findSigning()) ?? (await createSigning());
  await writeFile(localFiles.jwks, JSON.stringify(publicKeys(signing), null, 2));
  return { signing, jwksFile: localFiles.jwks };
};
