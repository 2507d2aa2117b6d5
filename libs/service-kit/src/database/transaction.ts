import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { OutcomeUnknown, Unavailable } from '../errors.ts';
import { refuseWithoutStandby } from './durability.ts';
import { isRetryable, isStalePlan } from './errors.ts';
import { run, withConnection, type Connection, type Queryable } from './connection.ts';
import type { Statement, Values } from './sql.ts';

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
  const query: Queryable['query'] = async <Row extends object>(statement: Statement | string, values?: Values) => {
    // A statement that was not awaited would run outside, or inside another transaction.
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
    if (!connection.lost) throw cause; // rejected, for instance by a deferred constraint: certainly rolled back
    throw new OutcomeUnknown('The response to COMMIT was lost.', { cause });
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
    connection.broken = true; // closed, and the server rolls back; the error of `work` says more than this one
  }
};

const RETRIES = 3;

/** Retries work that was rolled back for another transaction, after a random pause so that the two do not meet again. */
export const retryContention = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let left = RETRIES; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) && !isStalePlan(error)) throw error;
      if (left === 0) throw new Unavailable('Too much contention; nothing was changed.', { cause: error });
      await pause(5 + Math.random() * 20 * (RETRIES + 1 - left));
    }
  }
};
