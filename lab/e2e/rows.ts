import pg from 'pg';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the tables hold, the test says
type Row = Record<string, any>;
export type Rows = { query(sql: string, values?: readonly unknown[]): Promise<Row[]>; close(): Promise<void> };

/** Plain SQL; a database that was away is simply asked again on a new connection. */
export const openRows = (connectionString: string): Rows => {
  const pool = new pg.Pool({ connectionString, max: 2, connectionTimeoutMillis: 2_000, query_timeout: 5_000 });
  pool.on('error', () => undefined);
  return {
    query: async (sql, values = []) => (await pool.query(sql, [...values])).rows,
    close: () => pool.end(),
  };
};
