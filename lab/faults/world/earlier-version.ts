import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { loadMigrations } from '@mentor-sessions/local-stack/databases';
import { repository } from '@mentor-sessions/local-stack/launch';
import { runCommands } from '@mentor-sessions/lab/guide-commands';
import type { Stack } from '@mentor-sessions/local-stack/system';
import { services } from './roles.ts';

const run = promisify(execFile);

const git = async (...args: readonly string[]): Promise<string> =>
  (await run('git', args, { cwd: repository })).stdout.trim();

export type EarlierVersion = {
  readonly commit: string;
  /** The directory of its code, with a slash at the end, and of its own dependencies. */
  readonly checkout: string;
};

/** The last version that had another schema: the commit before the one that added the newest migration. */
const findCommit = async (): Promise<string> => {
  const newest = ['log', '-1', '--diff-filter=A', '--format=%H', '--', 'services/*/sql/*.up.sql'];
  const added = await git(...newest);
  return git('rev-parse', '--verify', `${added}^`).catch((error: unknown) => {
    throw new Error('the history is missing: git fetch --unshallow', { cause: error });
  });
};

const folder = `${repository}.local/versions/`;

/** Checks it out to a separate folder, which later runs use again. */
export const prepareEarlierVersion = async (): Promise<EarlierVersion> => {
  const commit = await findCommit();
  const checkout = `${folder}${commit}/`;
  if (!existsSync(checkout)) {
    const made = `${folder}new/`;
    await rm(made, { recursive: true, force: true });
    await mkdir(made, { recursive: true });
    await runCommands(`git archive ${commit} | tar --extract --directory '${made}'`);
    await rename(made, checkout);
  }
  await runCommands('npm run --silent db:migrate -- --help', { cwd: checkout }); // installs its dependencies
  return { commit, checkout };
};

/** The owners' URLs, as scripts/migrate.ts reads them. */
export const ownersOf = ({ bookings, sessions }: Stack): Record<string, string> => ({
  BOOKINGS_ADMIN_DATABASE_URL: bookings.adminDatabaseUrl,
  SESSIONS_ADMIN_DATABASE_URL: sessions.adminDatabaseUrl,
});

/** Creates the schema of another version in empty databases. */
export const takeSchemaOf = async (checkout: string, stack: Stack): Promise<void> => {
  for (const service of services) {
    const { migrateDown } = await loadMigrations(service);
    await migrateDown(stack[service].adminDatabaseUrl, Infinity, { dropData: true });
  }
  await runCommands('npm run --silent db:migrate', { cwd: checkout, env: ownersOf(stack) });
};
