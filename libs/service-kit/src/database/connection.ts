import type pg from 'pg';
import { Unavailable } from '../errors.ts';
import { breaksConnection, surfaced } from './errors.ts';

/** `name` makes it prepared once per connection: the same name always with the same text. */
export type Statement = { readonly name: string; readonly text: string };

export type Queryable = {
  query<Row extends object = Record<string, unknown>>(
    statement: Statement | string,
    values?: readonly unknown[],
  ): Promise<Row[]>;
};

/** One connection in somebody's hands. Broken: it is thrown away instead of going back to the pool. */
export type Connection = { readonly client: pg.PoolClient; broken: boolean };

export const withConnection = async <T>(pool: pg.Pool, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection: Connection = { client: await checkOut(pool), broken: false };
  try {
    return await use(connection);
  } finally {
    connection.client.release(connection.broken);
  }
};

// Whatever keeps us from a connection (refused, no login, all in use for too long): nothing has been sent yet.
const checkOut = async (pool: pg.Pool): Promise<pg.PoolClient> => {
  try {
    return await pool.connect();
  } catch (cause) {
    throw new Unavailable('The database cannot be reached; nothing was changed.', { cause });
  }
};

type Result = pg.QueryResult<Record<string, unknown>>;

export const run = async (
  connection: Connection,
  statement: Statement | string,
  values: readonly unknown[] = [],
): Promise<Result> => {
  try {
    return await connection.client.query<Record<string, unknown>, unknown[]>(toConfig(statement, values));
  } catch (error) {
    connection.broken ||= breaksConnection(error);
    throw surfaced(error);
  }
};

const toConfig = (statement: Statement | string, values: readonly unknown[]): pg.QueryConfig<unknown[]> =>
  typeof statement === 'string'
    ? { text: statement, values: values as unknown[] }
    : { name: statement.name, text: statement.text, values: values as unknown[] };
