import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { newSigning, publicKeys } from '@mentor-sessions/local-stack/tokens';
import type { Signing } from '@mentor-sessions/local-stack/tokens';
import { localFiles } from './local-files.ts';

const { folder, signingKey: keyFile, jwks: jwksFile } = localFiles;

/** The key with which this checkout's development tokens are signed; undefined before the first `npm start`. */
export const findSigning = async (): Promise<Signing | undefined> =>
  existsSync(keyFile) ? (JSON.parse(await readFile(keyFile, 'utf8')) as Signing) : undefined;

const createSigning = async (): Promise<Signing> => {
  const signing = await newSigning();
  await mkdir(folder, { recursive: true });
  await writeFile(keyFile, JSON.stringify(signing, null, 2), { mode: 0o600 });
  return signing;
};

/** Made at the first start and kept, so that two stacks of one checkout take the same tokens. */
export const readSigning = async (): Promise<{ signing: Signing; jwksFile: string }> => {
  const signing = (await findSigning()) ?? (await createSigning());
  await writeFile(jwksFile, JSON.stringify(publicKeys(signing), null, 2));
  return { signing, jwksFile };
};
