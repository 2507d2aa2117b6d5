import pg from 'pg';

export const connected = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

/** The database's response: `accepted`, or the SQLSTATE with the name of the violated rule, if any. */
export const answerTo = async (client: pg.Client, sql: string): Promise<string> => {
  try {
    await client.query(sql);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return [error.code, error.constraint].filter(Boolean).join(' ');
  }
};

/** Every row of the tables, to compare before and after. */
export const contentsOf = async (owner: pg.Client, tables: readonly string[]): Promise<unknown> => {
  const rows = tables.map((table) => `select '${table}' as name, to_jsonb(t) as row from ${table} t`);
  return (await owner.query(`${rows.join(' union all ')} order by 1, 2`)).rows;
};
