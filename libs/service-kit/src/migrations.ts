import { setTimeout as pause } from 'node:timers/promises';
import { MikroORM, type Options } from '@mikro-orm/postgresql';
import pg from 'pg';
import { openSession, type SessionOptions } from './database/session.ts';

export type Migrations = {
  /** Brings the database up to date, in one transaction. Returns the names of the migrations that were run. */
  migrateUp(adminDatabaseUrl: string): Promise<string[]>;
  /** Takes the last `count` migrations back, in one transaction. Returns their names, the last one first. */
  migrateDown(adminDatabaseUrl: string, count: number): Promise<string[]>;
};

/** Any constant will do: first key of the lock that lets one migrator at a time into a database. */
const MIGRATION_LOCK = 0x6d696772;

/** Who waits for a table's lock holds up every request behind it: give up before those do (3 s), and let them through. */
const LOCK_TIMEOUT_MS = 2_000;
const LOCK_ATTEMPTS = 30;
const PAUSE_MS = 1_000;

/** A migration takes as long as it takes, and a second migrator waits for the first. */
const patient: SessionOptions = {
  statementTimeoutMs: 0,
  lockTimeoutMs: 0,
  idleInTransactionTimeoutMs: 60_000,
  openTimeoutMs: 10_000,
};
const migrating: SessionOptions = { ...patient, lockTimeoutMs: LOCK_TIMEOUT_MS };

/** The migrations of a service, run as the owner of its database; two that run at once take turns. */
export const createMigrations = (configFor: (databaseUrl: string) => Options): Migrations => ({
  migrateUp: (adminDatabaseUrl) =>
    oneAtATime(adminDatabaseUrl, configFor, async ({ migrator }) => (await migrator.up()).map(({ name }) => name)),
  migrateDown: (adminDatabaseUrl, count) =>
    oneAtATime(adminDatabaseUrl, configFor, async ({ migrator }) => {
      const executed = (await migrator.getExecuted()).map(({ name }) => name).reverse();
      const migrations = executed.slice(0, count);
      return migrations.length === 0 ? [] : (await migrator.down({ migrations })).map(({ name }) => name);
    }),
});

/** The lock is held on a connection of its own, so it is gone when the process is; the second waits for the first. */
const oneAtATime = async <T>(
  databaseUrl: string,
  configFor: (databaseUrl: string) => Options,
  migrate: (orm: MikroORM) => Promise<T>,
): Promise<T> => {
  const gatekeeper = new pg.Client({ connectionString: databaseUrl, application_name: 'migrations' });
  await gatekeeper.connect();
  try {
    await openSession(gatekeeper, patient);
    await gatekeeper.query('select pg_advisory_lock($1, 0)', [MIGRATION_LOCK]);
    const orm = await MikroORM.init(withSession(configFor(databaseUrl)));
    return await untilUnlocked(() => migrate(orm)).finally(() => orm.close(true));
  } finally {
    await gatekeeper.end();
  }
};

const withSession = (options: Options): Options => {
  const onConnect = (client: pg.ClientBase) => openSession(client, migrating); // the ORM's pool waits for it
  return { ...options, driverOptions: { ...options.driverOptions, onConnect } };
};

const isLockTimeout = (error: unknown): boolean => (error as { code?: unknown }).code === '55P03';

/** Each attempt is one transaction: nothing is left of one that gave up. */
const untilUnlocked = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (let left = LOCK_ATTEMPTS; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      if (left === 1)
        throw new Error(
          `${LOCK_ATTEMPTS} times a table was not free within ${LOCK_TIMEOUT_MS / 1_000} s: end the long transaction that holds it (pg_stat_activity), then run the migrations again`,
          { cause: error },
        );
      await pause(PAUSE_MS);
    }
  }
};
