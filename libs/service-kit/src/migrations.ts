import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Migration, Migrator } from '@mikro-orm/migrations';
import { MikroORM, type MigrationObject, type SqlEntityManager } from '@mikro-orm/postgresql';
import pg from 'pg';
import { toAdopt, type Adoption } from './adoption.ts';
import { openSession, type SessionOptions } from './database/session.ts';
import { readSql } from './sql-files.ts';

export type Migrations = {
  /** Brings the database up to date, in one transaction. Returns the names of the migrations that were run. */
  migrateUp(adminDatabaseUrl: string): Promise<string[]>;
  /**
   * Takes the last `count` migrations back, in one transaction. Returns their names, the last one first. The first
   * migration made the tables: while one of them holds rows, it is taken back only with `dropData`.
   */
  migrateDown(adminDatabaseUrl: string, count: number, options?: { readonly dropData?: boolean }): Promise<string[]>;
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

type Options = {
  readonly adoption?: Adoption;
  /** Writes configuration that the database enforces itself, after each `migrateUp`. */
  readonly configure?: (owner: pg.Client) => Promise<void>;
};

/** The migrations of a service, run as the owner of its database: every `<name>.up.sql` of a folder, with its `<name>.down.sql`. */
export const createMigrations = (folder: URL, { adoption, configure }: Options = {}): Migrations => ({
  migrateUp: (databaseUrl) =>
    oneAtATime(databaseUrl, async (owner) => {
      const migrations = migrationsIn(folder);
      const [baseline] = migrations;
      const adopted = baseline && (await toAdopt(owner, baseline.name, adoption));
      if (adopted) migrations[0] = fromFiles(baseline.name, { up: new URL(adopted.file, folder) });
      const run = await withMigrator(databaseUrl, owner, migrations, async ({ migrator }) =>
        namesOf(await migrator.up()),
      );
      await configure?.(owner);
      return run;
    }),

  migrateDown: (databaseUrl, count, { dropData = false } = {}) =>
    oneAtATime(databaseUrl, (owner) => {
      const migrations = migrationsIn(folder);
      return withMigrator(databaseUrl, owner, migrations, ({ em, migrator }) =>
        em.transactional(async (tx) => {
          const last = namesOf(await migrator.getExecuted())
            .toReversed()
            .slice(0, count);
          if (last.length === 0) return [];
          const down = async (names: string[]) =>
            namesOf(await migrator.down({ migrations: names, transaction: tx.getTransactionContext<object>() }));
          const first = last.filter((name) => name === migrations[0]?.name);
          const later = await down(last.slice(0, last.length - first.length));
          if (first.length > 0 && !dropData) await refuseToDropRows(tx);
          return [...later, ...(await down(first))];
        }),
      );
    }),
});

const namesOf = (migrations: readonly { name: string }[]): string[] => migrations.map(({ name }) => name);

const migrationsIn = (folder: URL): MigrationObject[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.up.sql'))
    .toSorted()
    .map((file) => {
      const name = file.slice(0, -'.up.sql'.length);
      return fromFiles(name, { up: new URL(file, folder), down: new URL(`${name}.down.sql`, folder) });
    });

const fromFiles = (name: string, { up, down }: { up: URL; down?: URL }): MigrationObject => ({
  name,
  class: class extends Migration {
    override up(): void {
      this.addSql(readSql(up));
    }
    override down(): void {
      if (down) this.addSql(readSql(down));
    }
  },
});

/** Locks the tables first, so that no row can be added between the check and the drop. */
const refuseToDropRows = async (tx: SqlEntityManager): Promise<void> => {
  const tables = await tx.execute<{ name: string }[]>(`select oid::regclass::text as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname <> 'migrations'`);
  if (tables.length === 0) return;
  await tx.execute(`lock table ${namesOf(tables).join(', ')} in access exclusive mode`);
  const filled: string[] = [];
  for (const { name } of tables) if ((await tx.execute(`select from ${name} limit 1`)).length > 0) filled.push(name);
  if (filled.length > 0)
    throw new Error(
      `the first migration would drop rows of ${filled.join(', ')}: back up what you need, then run it again with --drop-data`,
    );
};

/** On a connection as the owner of the database. */
export const asOwner = async <T>(databaseUrl: string, work: (owner: pg.Client) => Promise<T>): Promise<T> => {
  const owner = new pg.Client({ connectionString: databaseUrl, application_name: 'migrations' });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
};

/** The lock is held on a connection of its own, so it is released when the process ends; the second waits for the first. */
const oneAtATime = <T>(databaseUrl: string, work: (owner: pg.Client) => Promise<T>): Promise<T> =>
  asOwner(databaseUrl, async (owner) => {
    await openSession(owner, patient);
    await owner.query('select pg_advisory_lock($1, 0)', [MIGRATION_LOCK]);
    return work(owner);
  });

const withMigrator = async <T>(
  databaseUrl: string,
  owner: pg.Client,
  migrationsList: MigrationObject[],
  migrate: (orm: MikroORM) => Promise<T>,
): Promise<T> => {
  const orm = await MikroORM.init({
    dbName: String(owner.database),
    driverOptions: {
      connectionString: databaseUrl, // clientUrl would lose its sslmode, and refuse a lone % in the password
      onConnect: (client: pg.ClientBase) => openSession(client, migrating), // the pool waits for it
    },
    discovery: { warnWhenNoEntities: false },
    extensions: [Migrator],
    // without `snapshot: false` the migrator writes a JSON file into the working directory
    migrations: { tableName: 'migrations', snapshot: false, silent: true, migrationsList },
  });
  return untilUnlocked(() => migrate(orm)).finally(() => orm.close(true));
};

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
