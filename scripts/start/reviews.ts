import type { Backing } from '@mentor-sessions/local-stack/backing';
import { createDatabase, databaseName, dropDatabases, query } from '@mentor-sessions/local-stack/databases';
import { launch, repository } from '@mentor-sessions/local-stack/launch';
import { untilReady } from '@mentor-sessions/local-stack/readiness';
import { DRAIN_MS } from '@mentor-sessions/local-stack/roles';
import type { Stack } from '@mentor-sessions/local-stack/system';
import { localFiles } from './local-files.ts';

type Needs = { readonly backing: Backing; readonly stack: Stack; readonly isKept: boolean };

/** examples/review-eligibility, a service of another team, as it runs beside ours: the subscriber of the walk. */
export const startReviews = async (
  { backing: { kind, postgres }, stack, isKept }: Needs,
  closing: AsyncDisposableStack,
) => {
  const isExternal = kind === 'external';
  const database = await createDatabase(postgres.adminUrl, 'reviews', {
    name: isExternal ? undefined : 'reviews',
    mayExist: isKept,
  });
  if (isExternal) closing.defer(() => dropDatabases(postgres.adminUrl, [databaseName(database.databaseUrl)]));
  const run = (main: string, env: Record<string, string>) =>
    launch({
      args: [`${repository}examples/review-eligibility/src/${main}`],
      env,
      logFile: `${localFiles.logs}/reviews.log`,
      orphanSignal: 'SIGTERM',
    });
  const [found] = await query(database.adminDatabaseUrl, `select to_regclass('inbox') is not null as "isMigrated"`);
  const migration = found?.['isMigrated']
    ? undefined
    : await run('migrate.ts', { ADMIN_DATABASE_URL: database.adminDatabaseUrl });
  if (migration && (await migration.exited) !== 0)
    throw new Error(`the migration of reviews failed:\n${migration.log()}`);
  const subscriber = await run('main.ts', {
    AMQP_URL: stack.subscribers['example-reviews'] as string,
    DATABASE_URL: database.databaseUrl,
    SESSIONS_AMQP_USER: decodeURIComponent(new URL(stack.sessions.amqpUrl).username),
  });
  closing.defer(() => subscriber.end('SIGTERM', DRAIN_MS));
  // logged when its queue is declared: an earlier event would not reach it
  await untilReady('reviews', subscriber, async () => subscriber.log().includes('broker connected'), {
    within: 30_000,
  });
  return { adminDatabaseUrl: database.adminDatabaseUrl, log: subscriber.log };
};
