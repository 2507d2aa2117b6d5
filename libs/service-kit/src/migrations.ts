import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Migration, Migrator } from '@mikro-orm/migrations';
import { MikroORM, type MigrationObject } from '@mikro-orm/postgresql';
import pg from 'pg';
import { openSession, type SessionOptions } from './database/session.ts';
import { readSql } from './sql-files.ts';

export type Migrations = {
  /** Brings the database up to date, in one transaction. Returns the names of the migrations that were run. */
  migrateUp(adminDatabaseUrl: string): Promise<string[]>;
  /** Takes the last `count` migrations back, in one transaction. Returns their names, the last one first. */
  migrateDown(adminDatabaseUrl: string, count: number): Promise<string[]>;
};

/** First key of the advisory lock that admits one migrator at a time to a database; any constant will do. */
const MIGRATION_LOCK = 0x6d696772;

/** A session that waits for a table lock blocks every request behind it: give up before those time out (3 s). */
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

/** The migrations of a service, run as the owner of its database: every `<name>.up.sql` of a folder, with its `<name>.down.sql`. */
export const createMigrations = (folder: URL): Migrations => ({
  migrateUp: (adminDatabaseUrl) =>
    oneAtATime(adminDatabaseUrl, folder, async ({ migrator }) => (await migrator.up()).map(({ name }) => name)),
  migrateDown: (adminDatabaseUrl, count) =>
    oneAtATime(adminDatabaseUrl, folder, async ({ migrator }) => {
      const executed = (await migrator.getExecuted()).map(({ name }) => name).reverse();
      const migrations = executed.slice(0, count);
      return migrations.length === 0 ? [] : (await migrator.down({ migrations })).map(({ name }) => name);
    }),
});

const migrationsIn = (folder: URL): MigrationObject[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.up.sql'))
    .toSorted()
    .map((file) => {
      const name = file.slice(0, -'.up.sql'.length);
      const Migrates = class extends Migration {
        override up(): void {
          this.addSql(readSql(new URL(`${name}.up.sql`, folder)));
        }
        override down(): void {
          this.addSql(readSql(new URL(`${name}.down.sql`, folder)));
        }
      };
      return { name, class: Migrates };
    });

/** The lock is held on a connection of its own, so it is released when the process ends; the second waits for the first. */
const oneAtATime = async <T>(databaseUrl: string, folder: URL, migrate: (orm: MikroORM) => Promise<T>): Promise<T> => {
  const gatekeeper = new pg.Client({ connectionString: databaseUrl, application_name: 'migrations' });
  await gatekeeper.connect();
  try {
    await openSession(gatekeeper, patient);
    await gatekeeper.query('select pg_advisory_lock($1, 0)', [MIGRATION_LOCK]);
    const orm = await migratorOf(databaseUrl, migrationsIn(folder));
    return await untilUnlocked(() => migrate(orm)).finally(() => orm.close(true));
  } finally {
    await gatekeeper.end();
  }
};

const migratorOf = (databaseUrl: string, migrationsList: MigrationObject[]): Promise<MikroORM> =>
  MikroORM.init({
    clientUrl: databaseUrl,
    driverOptions: {
      connectionString: databaseUrl, // clientUrl alone would lose its sslmode
      onConnect: (client: pg.ClientBase) => openSession(client, migrating), // the pool waits for it
    },
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    // without `snapshot: false` the migrator writes a JSON file into the working directory
    migrations: { tableName: 'migrations', snapshot: false, silent: true, migrationsList },
  });

const isLockTimeout = (error: unknown): boolean => (error as { code?: unknown }).code === '55P03';

/** Each attempt is one transaction: an attempt that gave up leaves nothing behind. */
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
