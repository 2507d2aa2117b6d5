import type pg from 'pg';
import { again } from './database/again.ts';
import { run, withConnection, type Queryable, type Statement } from './database/connection.ts';
import { databaseMetrics } from './database/database-metrics.ts';
import { confirmDurable, refuseWithoutStandby } from './database/durability.ts';
import { createPool, poolCloser, type DatabaseOptions } from './database/pool.ts';
import type { Values } from './database/sql.ts';
import { inTransaction } from './database/transaction.ts';
import { writeOnce } from './database/write.ts';

export type { Queryable, Statement } from './database/connection.ts';
export { replicationBarrier } from './database/durability.ts';
export type { DatabaseOptions } from './database/pool.ts';
export { complete, onlyRow, present } from './database/rows.ts';
export { constraintOf, isUnavailable, rejectSurfaced } from './database/errors.ts';
export { ormPool } from './database/orm-pool.ts';
export { createDatabaseCheck, type Needs } from './database/readiness.ts';
export { openSession } from './database/session.ts';
export { numberedValues, sql, type Values } from './database/sql.ts';

/**
 * What is the database's own fault surfaces as `Unavailable` with the driver's error as `cause`; errors of the statement
 * are the driver's, with their SQLSTATE. Deadlocks and serialization failures are tried again up to three times.
 */
export type Database = Queryable & {
  /** READ COMMITTED. `work` may run again from its start. A lost answer to COMMIT is `OutcomeUnknown`. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** One statement that commits by itself. If its answer is lost, `readBack` asks whether it took effect: its rows if so, none if not, null = cannot be told (`OutcomeUnknown`). */
  write<Row extends object = Record<string, unknown>>(
    statement: Statement,
    values: Values,
    readBack: () => Promise<Row[] | null>,
  ): Promise<Row[]>;
  /** Before acting on what was read as if it were committed for good: resolves when a failover cannot undo it, else `OutcomeUnknown`. */
  confirmDurable(): Promise<void>;
  readonly pool: pg.Pool;
  close(): Promise<void>;
};

const writes = /\b(insert|update|delete)\b/i;

export const createDatabase = (options: DatabaseOptions): Database => {
  const pool = createPool(options);
  if (options.registry) databaseMetrics(pool, options.registry);
  return {
    pool,
    close: poolCloser(pool),
    query: <Row extends object>(statement: Statement | string, values?: Values) =>
      again(async () => {
        if (writes.test(typeof statement === 'string' ? statement : statement.text)) await refuseWithoutStandby(pool);
        return (await withConnection(pool, (connection) => run(connection, statement, values))).rows as Row[];
      }),
    write: (statement, values, readBack) => again(() => writeOnce(pool, { statement, values, readBack })),
    transaction: (work) => again(() => inTransaction(pool, work)),
    confirmDurable: () => confirmDurable(pool),
  };
};
