import type pg from 'pg';
import { OutcomeUnknown } from '../errors.ts';
import { waitWasCancelled } from './cancelled-wait.ts';
import { breaksConnection, isBadSession, isForeignStatement, losesAnswer, surfaced, unavailable } from './errors.ts';
import { leaveBehind } from './left-behind.ts';
import { doubtPooler } from './pooler.ts';
import { forgetRefusal, noteRefusal, standingRefusal } from './refusal.ts';
import { sessionOf } from './session.ts';
import { numberedValues, type Statement, type Values } from './sql.ts';
import { watchOf, type StatementWatch } from './watch.ts';

export type { Statement } from './sql.ts';

export type Queryable = {
  query<Row extends object = Record<string, unknown>>(statement: Statement | string, values?: Values): Promise<Row[]>;
};

/** One connection in use. `sessionOf(client)` identifies its backend. */
export type Connection = {
  readonly pool: pg.Pool;
  readonly client: pg.PoolClient;
  readonly watch?: StatementWatch | undefined;
  /** Thrown away instead of going back to the pool. */
  broken: boolean;
  /** The answer to the last statement was lost with the connection: it may have taken effect. */
  lost: boolean;
};

export const withConnection = async <T>(pool: pg.Pool, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await checkOut(pool);
  try {
    return await use(connection);
  } finally {
    connection.client.release(connection.broken);
  }
};

/** Whatever keeps us from a connection (refused, no login, unfit, all in use for too long): nothing has been sent yet. */
export const checkOut = async (pool: pg.Pool): Promise<Connection> => {
  const watch = watchOf(pool);
  const failed = (cause: unknown): Error => {
    const error = unavailable(cause);
    watch?.failed(error);
    return error;
  };
  const refusal = standingRefusal(pool);
  if (refusal) throw failed(refusal);
  try {
    for (;;) {
      const client = await pool.connect();
      if (!isDistrusted(pool, client)) {
        forgetRefusal(pool);
        return { pool, client, watch, broken: false, lost: false };
      }
      client.release(true);
    }
  } catch (cause) {
    if (noteRefusal(pool, cause)) distrust(pool); // those that were opened before meet the same server or pooler
    throw failed(cause);
  }
};

const distrustedAt = new WeakMap<pg.Pool, number>();

/** What was opened before now is thrown away instead of used again: what made one session bad has made others bad too. */
export const distrust = (pool: pg.Pool): void => void distrustedAt.set(pool, performance.now());

const isDistrusted = (pool: pg.Pool, client: pg.PoolClient): boolean =>
  (sessionOf(client)?.openedAt ?? Infinity) < (distrustedAt.get(pool) ?? -Infinity);

/** Remembers what the error of a statement says of its connection and of the others. */
export const blame = (connection: Connection, error: unknown): void => {
  connection.lost ||= losesAnswer(error);
  connection.broken ||= breaksConnection(error);
  if (connection.lost) leaveBehind(connection.pool, sessionOf(connection.client));
  if (isBadSession(error)) distrust(connection.pool);
  if (isForeignStatement(error)) doubtPooler(connection.client);
};

type Result = pg.QueryResult<Record<string, unknown>>;

export const run = async (
  connection: Connection,
  statement: Statement | string,
  values: Values = [],
): Promise<Result> => {
  const { client, watch } = connection;
  const config = toConfig(statement, values);
  const sentAt = performance.now();
  try {
    const result = await client.query<Record<string, unknown>, unknown[]>(config);
    if (waitWasCancelled(client)) throw new OutcomeUnknown('The wait for the synchronous standby was cancelled.');
    watch?.answered(nameOf(statement), performance.now() - sentAt);
    return result;
  } catch (error) {
    blame(connection, error);
    const seen = surfaced(error);
    watch?.failed(seen);
    throw seen;
  }
};

const nameOf = (statement: Statement | string): string => {
  if (typeof statement !== 'string') return statement.name;
  return /^(begin|commit|rollback|notify)/.exec(statement)?.[0] ?? 'unnamed';
};

const toConfig = (statement: Statement | string, values: Values): pg.QueryConfig<unknown[]> => {
  const numbered = numberedValues(statement, values);
  if (typeof statement === 'string') return { text: statement, values: numbered };
  return { name: statement.name, text: statement.text, values: numbered };
};
