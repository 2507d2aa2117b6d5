import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { ormConfig } from './orm.config.ts';

/** Any constant will do: first key of the lock that lets one migrator at a time into a database. */
const MIGRATION_LOCK = 0x6d696772;

/** Brings the database up to date, in one transaction. Returns the names of the migrations that were run. */
export const migrateUp = (adminDatabaseUrl: string): Promise<string[]> =>
  oneAtATime(adminDatabaseUrl, async ({ migrator }) => (await migrator.up()).map(({ name }) => name));

/** Takes the last `count` migrations back, in one transaction. Returns their names, the last one first. */
export const migrateDown = (adminDatabaseUrl: string, count: number): Promise<string[]> =>
  oneAtATime(adminDatabaseUrl, async ({ migrator }) => {
    const executed = (await migrator.getExecuted()).map(({ name }) => name).reverse();
    const migrations = executed.slice(0, count);
    return migrations.length === 0 ? [] : (await migrator.down({ migrations })).map(({ name }) => name);
  });

/** The lock is held on a connection of its own, so it is gone when the process is; the second waits for the first. */
const oneAtATime = async <T>(adminDatabaseUrl: string, migrate: (orm: MikroORM) => Promise<T>): Promise<T> => {
  const gatekeeper = new pg.Client({ connectionString: adminDatabaseUrl, application_name: 'migrations' });
  await gatekeeper.connect();
  try {
    await gatekeeper.query('select pg_advisory_lock($1, 0)', [MIGRATION_LOCK]);
    return await withOrm(adminDatabaseUrl, migrate);
  } finally {
    await gatekeeper.end();
  }
};

const withOrm = async <T>(adminDatabaseUrl: string, work: (orm: MikroORM) => Promise<T>): Promise<T> => {
  const orm = await MikroORM.init(ormConfig(adminDatabaseUrl));
  try {
    return await work(orm);
  } finally {
    await orm.close(true);
  }
};
