import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- callers know the type of their rows
type Row = Record<string, any>;
export type Rows = {
  query<R extends object = Row>(sql: string, values?: readonly unknown[]): Promise<R[]>;
  close(): Promise<void>;
};

const PATIENCE_MS = 30_000;

/** Errors of PostgreSQL have a code of five characters; all others are connection failures. */
const isAnswer = (error: unknown): boolean => {
  const { code = '' } = error as { code?: string };
  return /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57P') && !code.startsWith('08');
};

const patiently = async <T>(ask: () => Promise<T>): Promise<T> => {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (isAnswer(error) || performance.now() > deadline) throw error;
      await pause(100);
    }
  }
};

/** Plain SQL as the owner of a database, times in UTC; retried on a new connection while the server is away. */
export const openRows = (connectionString: string): Rows => {
  const options = { max: 2, connectionTimeoutMillis: 2_000, query_timeout: 20_000, options: '-c timezone=UTC' };
  const pool = new pg.Pool({ connectionString, ...options });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    query: <R extends object = Row>(sql: string, values: readonly unknown[] = []) =>
      patiently(async () => (await pool.query<R>(sql, [...values])).rows),
    close: () => pool.end(),
  };
};
