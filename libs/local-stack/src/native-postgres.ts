import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresServer } from './backing.ts';
import { postgresUser } from './native-binaries.ts';
import { dataOf, runPostgres } from './native-postgres-process.ts';
import type { PostgresFiles } from './native-postgres-process.ts';

const run = promisify(execFile);

/** Where the files of a new server shall lie; its administrator's password is made up here. */
export const newPostgresFiles = async (bin: string, directory: string): Promise<PostgresFiles> => ({
  bin,
  directory,
  password: randomBytes(18).toString('base64url'),
  user: await postgresUser(),
});

/** Makes its `data`; `more` goes to initdb. */
export const initialisePostgres = async (files: PostgresFiles, more: readonly string[] = []): Promise<void> => {
  const { bin, directory, password, user } = files;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) for (const path of [directory, passwordFile]) await chown(path, user.uid, user.gid);
  const authentication = ['--username=administrator', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const args = ['-D', dataOf(directory), '-E', 'UTF8', '--no-locale', '--no-sync', ...authentication, ...more];
  await run(join(bin, 'initdb'), args, { cwd: directory, ...user });
  await rm(passwordFile);
};

/** A private PostgreSQL in `directory`, on a free port of loopback. */
export const startNativePostgres = async (
  bin: string,
  directory: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> => {
  const files = await newPostgresFiles(bin, directory);
  await initialisePostgres(files);
  return runPostgres({ ...files, settings });
};
