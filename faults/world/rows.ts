import pg from 'pg';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the tables hold, who asks says
type Row = Record<string, any>;
export type Rows = {
  query<R extends object = Row>(sql: string, values?: readonly unknown[]): Promise<R[]>;
  close(): Promise<void>;
};

/** Plain SQL as the owner of a database, times in UTC; a server that was away is asked again on a new connection. */
export const openRows = (connectionString: string): Rows => {
  const options = { max: 2, connectionTimeoutMillis: 2_000, query_timeout: 20_000, options: '-c timezone=UTC' };
  const pool = new pg.Pool({ connectionString, ...options });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    query: async <R extends object = Row>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<R>(sql, [...values])).rows,
    close: () => pool.end(),
  };
};
