import type pg from 'pg';
import { readSql } from './sql-files.ts';

const catalogue = readSql(new URL('../sql/catalogue.sql', import.meta.url));

/** Everything that makes up the schema of a database, one line each: see sql/catalogue.sql. */
export const schemaCatalogue = async (client: Pick<pg.ClientBase, 'query'>): Promise<string[]> => {
  const { rows } = await client.query<{ line: string }>(catalogue);
  return rows.map(({ line }) => line).toSorted();
};
