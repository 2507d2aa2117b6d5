import type { Backing } from '@mentor-sessions/local-stack/backing';
import { createDatabase, databaseName, dropDatabases } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { spawnExample } from '@mentor-sessions/local-stack/example-process';
import type { Closing } from './closing.ts';
import { localFiles } from './local-files.ts';

/** examples/review-eligibility, a service of somebody else, as it runs beside ours. */
export type RunningReviews = { readonly adminDatabaseUrl: string; log(): string };

type Surroundings = {
  readonly backing: Backing;
  readonly amqpUrl: string;
  /** Broker user who alone may send `session.completed`. */
  readonly sender: string;
};

const DRAIN_MS = 12_000;

/** Its own database and broker user, its migration, its process: the subscriber of the walk. */
export const startReviews = async (
  { backing: { kind, postgres }, amqpUrl, sender }: Surroundings,
  closing: Closing,
): Promise<RunningReviews> => {
  const isExternal = kind === 'external';
  const database = await createDatabase(postgres.adminUrl, 'reviews', { name: isExternal ? undefined : 'reviews' });
  const drop = () => dropDatabases(postgres.adminUrl, [databaseName(database.databaseUrl)]);
  if (isExternal) closing.add('the database of reviews', drop);
  const run = (main: string, env: Record<string, string>) =>
    spawnExample({ main: `review-eligibility/src/${main}`, env, logFile: `${localFiles.logs}/reviews.log` });
  const migration = await run('migrate.ts', { ADMIN_DATABASE_URL: database.adminDatabaseUrl });
  if ((await migration.exited) !== 0) throw new Error(`the migration of reviews failed:\n${migration.log()}`);
  const subscriber = await run('main.ts', {
    AMQP_URL: amqpUrl,
    DATABASE_URL: database.databaseUrl,
    SESSIONS_AMQP_USER: sender,
  });
  closing.add('reviews', () => subscriber.end('SIGTERM', DRAIN_MS));
  // said when its queue is declared: an event that comes before would not reach it
  const isListening = () => subscriber.log().includes('broker connected');
  await eventually(isListening, { within: 30_000, describe: 'reviews listens' });
  return { adminDatabaseUrl: database.adminDatabaseUrl, log: subscriber.log };
};
