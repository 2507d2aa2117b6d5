import type pg from 'pg';
import { OutcomeUnknown } from '../errors.ts';
import { refuseWithoutStandby } from './durability.ts';
import { run, withConnection, type Connection, type Queryable } from './connection.ts';

/** BEGIN, work, COMMIT on one connection, READ COMMITTED whatever the server's default is. */
export const inTransaction = async <T>(pool: pg.Pool, work: (tx: Queryable) => Promise<T>): Promise<T> => {
  await refuseWithoutStandby(pool);
  return withConnection(pool, async (connection) => {
    await run(connection, 'begin isolation level read committed');
    const tx = openTransaction(connection);
    try {
      const result = await work(tx);
      tx.end();
      await commit(connection, tx.firstError());
      return result;
    } catch (error) {
      tx.end();
      await rollBack(connection);
      throw error;
    }
  });
};

const openTransaction = (connection: Connection) => {
  let open = true;
  let firstError: unknown;
  const query: Queryable['query'] = async <Row extends object>(
    ...[statement, values]: Parameters<Queryable['query']>
  ) => {
    // A statement that nobody awaited would run outside, or inside somebody else's transaction.
    if (!open) throw new Error('the transaction has ended');
    try {
      return (await run(connection, statement, values)).rows as Row[];
    } catch (error) {
      firstError ??= error;
      throw error;
    }
  };
  return { query, end: () => void (open = false), firstError: () => firstError };
};

const commit = async (connection: Connection, firstError: unknown): Promise<void> => {
  let tag: string;
  try {
    tag = (await run(connection, 'commit')).command;
  } catch (cause) {
    if (!connection.lost) throw cause; // refused by a deferred constraint, say: surely rolled back
    throw new OutcomeUnknown('The answer to COMMIT was lost.', { cause });
  }
  // COMMIT of a transaction in which a statement failed is answered ROLLBACK, without an error.
  if (tag === 'COMMIT') return;
  throw firstError instanceof Error ? firstError : new Error('rolled back at COMMIT: a statement had failed');
};

const rollBack = async (connection: Connection): Promise<void> => {
  if (connection.broken) return;
  try {
    await run(connection, 'rollback');
  } catch {
    connection.broken = true; // thrown away, and the server rolls back; what `work` threw says more than this error
  }
};
