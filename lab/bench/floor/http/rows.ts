import { pool } from './app.ts';

/** How an api reads the row of a request and writes what it decided. */
export type Rows<Row> = {
  readonly read: (id: string) => Promise<(Row & { now: Date }) | undefined>;
  /** False: the row is no longer as it was read. */
  readonly write: (values: readonly unknown[]) => Promise<boolean>;
};

export type Statements = { readonly read: string; readonly write: string };

/** Two statements for each request. */
export const oneByOne = <Row extends object>({ read, write }: Statements): Rows<Row> => ({
  read: async (id) => (await pool.query<Row & { now: Date }>({ name: 'read', text: read, values: [id] })).rows[0],
  write: async (values) => {
    const { rows } = await pool.query({ name: 'write', text: write, values: [...values] });
    return rows.length > 0;
  },
});
