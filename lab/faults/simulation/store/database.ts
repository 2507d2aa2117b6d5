import type pg from 'pg';
import type { Database, Values } from '@mentor-sessions/service-kit/database';
import { confirmDurable } from '@mentor-sessions/service-kit/database/durability';
import { run, withConnection, type Statement } from '@mentor-sessions/service-kit/database/connection';
import { inTransaction, retryContention } from '@mentor-sessions/service-kit/database/transaction';
import { writeOnce } from '@mentor-sessions/service-kit/database/write';

/** `createDatabase` with the simulated pool: everything above the driver is the real code. */
export const databaseOn = (pool: pg.Pool): Database => ({
  pool,
  close: async () => undefined,
  query: <Row extends object>(statement: Statement | string, values?: Values) =>
    retryContention(
      async () => (await withConnection(pool, (connection) => run(connection, statement, values))).rows as Row[],
    ),
  write: (statement, values, readBack) => retryContention(() => writeOnce(pool, { statement, values, readBack })),
  transaction: (work) => retryContention(() => inTransaction(pool, work)),
  confirmDurable: () => confirmDurable(pool),
});
