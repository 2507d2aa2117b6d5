import type pg from 'pg';
import { blame, checkOut } from './connection.ts';

/**
 * The pool for an ORM, which checks connections out and in by itself: it gets no bad one, and puts none back. As much of a
 * pool as the ORM uses.
 */
export const ormPool = (pool: pg.Pool): pg.Pool => {
  const connect = async () => {
    const connection = await checkOut(pool);
    const { client } = connection;
    const query = async (text: string, values: readonly unknown[]): Promise<pg.QueryResult> => {
      try {
        return await client.query(text, [...values]);
      } catch (error) {
        blame(connection, error);
        throw error;
      }
    };
    return { query, release: () => client.release(connection.broken) };
  };
  return { connect, end: () => pool.end(), options: pool.options } as unknown as pg.Pool;
};
