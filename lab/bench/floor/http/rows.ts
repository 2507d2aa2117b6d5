import { pool } from './app.ts';

/** How an API reads the row of a request and writes its decision. */
export type Rows<Row> = {
  readonly read: (id: string) => Promise<(Row & { now: Date }) | undefined>;
  /** False: the row has changed since it was read. */
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
