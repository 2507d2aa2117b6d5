import type pg from 'pg';
import type { Database, Values } from '@mentor-sessions/service-kit/database';
import { again } from '@mentor-sessions/service-kit/database/again';
import { confirmDurable } from '@mentor-sessions/service-kit/database/durability';
import { run, withConnection, type Statement } from '@mentor-sessions/service-kit/database/connection';
import { inTransaction } from '@mentor-sessions/service-kit/database/transaction';
import { writeOnce } from '@mentor-sessions/service-kit/database/write';

/** What `createDatabase` makes of its pool, made of ours: everything above the driver is the real code. */
export const databaseOn = (pool: pg.Pool): Database => ({
  pool,
  close: async () => undefined,
  query: <Row extends object>(statement: Statement | string, values?: Values) =>
    again(async () => (await withConnection(pool, (connection) => run(connection, statement, values))).rows as Row[]),
  write: (statement, values, readBack) => again(() => writeOnce(pool, { statement, values, readBack })),
  transaction: (work) => again(() => inTransaction(pool, work)),
  confirmDurable: () => confirmDurable(pool),
});
