import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { Kept } from '@mentor-sessions/local-stack/backing';
import { repository } from '@mentor-sessions/local-stack/launch';
import { isAlive } from '../bootstrap/alive.mjs';
import { localFiles } from './local-files.ts';

const { kept: folder } = localFiles;
const files = { kept: `${folder}/kept.json`, pid: `${folder}/pid`, seed: `${folder}/seed.json` };

const newKept = (): Omit<Kept, 'folder'> => {
  const password = () => randomBytes(18).toString('base64url');
  return { id: randomBytes(4).toString('hex'), passwords: { postgres: password(), rabbitmq: password() } };
};

/** For one `npm start -- --keep` at a time; `closing` lets the next one have it. */
export const openKept = async (closing: AsyncDisposableStack): Promise<Kept> => {
  const owner = Number(await readFile(files.pid, 'utf8').catch(() => '0'));
  if (owner > 0 && isAlive(owner))
    throw new Error(
      `The data in ${relative(repository, folder)} is in use by another npm start -- --keep (pid ${owner}).`,
    );
  // PostgreSQL may run as another user
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeFile(files.pid, String(process.pid));
  closing.defer(() => rm(files.pid, { force: true }));
  if (!existsSync(files.kept)) await writeFile(files.kept, JSON.stringify(newKept()), { mode: 0o600 });
  return { folder, ...(JSON.parse(await readFile(files.kept, 'utf8')) as Omit<Kept, 'folder'>) };
};

/** How to get rid of it. */
export const sayKept = ({ id }: Kept, kind: string): string => {
  const volumes =
    kind === 'docker' ? ` && docker volume rm mentor-sessions-${id}-postgres mentor-sessions-${id}-rabbitmq` : '';
  return `Data stays after Ctrl-C. To remove it then: rm -r ${relative(repository, folder)}${volumes}`;
};

/** Where the seed of kept data begins: what was asked for first is asked for again. */
export const keptSeed = {
  find: async (): Promise<Date | undefined> =>
    existsSync(files.seed) ? new Date(JSON.parse(await readFile(files.seed, 'utf8')) as string) : undefined,
  keep: (from: Date) => writeFile(files.seed, JSON.stringify(from)),
};
