import type pg from 'pg';
import { run, withConnection, type Queryable, type Statement } from './database/connection.ts';
import { databaseMetrics } from './database/database-metrics.ts';
import { confirmDurable, refuseWithoutStandby } from './database/durability.ts';
import { createPool, poolCloser, type DatabaseOptions } from './database/pool.ts';
import type { Values } from './database/sql.ts';
import { inTransaction, retryContention } from './database/transaction.ts';
import { writeOnce } from './database/write.ts';

export type { Queryable, Statement } from './database/connection.ts';
export { replicationBarrier } from './database/durability.ts';
export { ormPool, type DatabaseOptions } from './database/pool.ts';
export { complete, onlyRow, onlyValue, present } from './database/values.ts';
export { constraintOf, isRefused, isStateOf, isUnavailable, rejectSurfaced } from './database/errors.ts';
export { createDatabaseCheck, type Needs } from './database/readiness.ts';
export { openSession } from './database/session.ts';
export { array, numberedValues, sql, type Values } from './database/sql.ts';

/**
 * Failures of the database surface as `Unavailable` with the driver's error as `cause`; errors of the statement are the
 * driver's, with their SQLSTATE. Deadlocks and serialization failures are retried up to three times.
 */
export type Database = Queryable & {
  /** READ COMMITTED. `work` may run again from its start. A lost response to COMMIT is `OutcomeUnknown`. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * One statement that commits by itself. If its response is lost, `readBack` finds out whether it took effect: its rows if
   * so, none if not, null if that is unknown (`OutcomeUnknown`).
   */
  write<Row extends object = Record<string, unknown>>(
    statement: Statement,
    values: Values,
    readBack: () => Promise<Row[] | null>,
  ): Promise<Row[]>;
  /** Before acting on what was read: resolves when a failover cannot undo it, otherwise `OutcomeUnknown`. */
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
      retryContention(async () => {
        if (writes.test(typeof statement === 'string' ? statement : statement.text)) await refuseWithoutStandby(pool);
        return (await withConnection(pool, (connection) => run(connection, statement, values))).rows as Row[];
      }),
    write: (statement, values, readBack) => retryContention(() => writeOnce(pool, { statement, values, readBack })),
    transaction: (work) => retryContention(() => inTransaction(pool, work)),
    confirmDurable: () => confirmDurable(pool),
  };
};
