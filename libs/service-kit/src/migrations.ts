import { MikroORM, type Options } from '@mikro-orm/postgresql';
import pg from 'pg';

export type Migrations = {
  /** Brings the database up to date, in one transaction. Returns the names of the migrations that were run. */
  migrateUp(adminDatabaseUrl: string): Promise<string[]>;
  /** Takes the last `count` migrations back, in one transaction. Returns their names, the last one first. */
  migrateDown(adminDatabaseUrl: string, count: number): Promise<string[]>;
};

/** Any constant will do: first key of the lock that lets one migrator at a time into a database. */
const MIGRATION_LOCK = 0x6d696772;

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
    await gatekeeper.query('select pg_advisory_lock($1, 0)', [MIGRATION_LOCK]);
    const orm = await MikroORM.init(configFor(databaseUrl));
    return await migrate(orm).finally(() => orm.close(true));
  } finally {
    await gatekeeper.end();
  }
};
