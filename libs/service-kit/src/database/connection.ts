import type pg from 'pg';
import { Unavailable } from '../errors.ts';
import { breaksConnection, surfaced } from './errors.ts';
import { watchOf, type StatementWatch } from './watch.ts';

/** `name` makes it prepared once per connection: the same name always with the same text. */
export type Statement = { readonly name: string; readonly text: string };

export type Queryable = {
  query<Row extends object = Record<string, unknown>>(
    statement: Statement | string,
    values?: readonly unknown[],
  ): Promise<Row[]>;
};

/** One connection in somebody's hands. Broken: it is thrown away instead of going back to the pool. */
export type Connection = {
  readonly client: pg.PoolClient;
  readonly watch?: StatementWatch | undefined;
  broken: boolean;
};

export const withConnection = async <T>(pool: pg.Pool, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const watch = watchOf(pool);
  const connection: Connection = { client: await checkOut(pool, watch), watch, broken: false };
  try {
    return await use(connection);
  } finally {
    connection.client.release(connection.broken);
  }
};

// Whatever keeps us from a connection (refused, no login, all in use for too long): nothing has been sent yet.
const checkOut = async (pool: pg.Pool, watch: StatementWatch | undefined): Promise<pg.PoolClient> => {
  try {
    return await pool.connect();
  } catch (cause) {
    const error = new Unavailable('The database cannot be reached; nothing was changed.', { cause });
    watch?.failed(error);
    throw error;
  }
};

type Result = pg.QueryResult<Record<string, unknown>>;

export const run = async (
  connection: Connection,
  statement: Statement | string,
  values: readonly unknown[] = [],
): Promise<Result> => {
  const { client, watch } = connection;
  const sentAt = performance.now();
  try {
    const result = await client.query<Record<string, unknown>, unknown[]>(toConfig(statement, values));
    watch?.answered(nameOf(statement), performance.now() - sentAt);
    return result;
  } catch (error) {
    connection.broken ||= breaksConnection(error);
    const seen = surfaced(error);
    watch?.failed(seen);
    throw seen;
  }
};

const nameOf = (statement: Statement | string): string => {
  if (typeof statement !== 'string') return statement.name;
  return /^(begin|commit|rollback|notify)/.exec(statement)?.[0] ?? 'unnamed';
};

const toConfig = (statement: Statement | string, values: readonly unknown[]): pg.QueryConfig<unknown[]> =>
  typeof statement === 'string'
    ? { text: statement, values: values as unknown[] }
    : { name: statement.name, text: statement.text, values: values as unknown[] };
