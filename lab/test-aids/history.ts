import type pg from 'pg';

export type History = {
  readonly id: string;
  /** Null: no such row. */
  readonly row: Record<string, unknown> | null;
  readonly audit: readonly { readonly from: string | null; readonly to: string; readonly by: string }[];
  /** Types of its events that are in the outbox. */
  readonly events: readonly string[];
};

type Tables = { readonly rows: string; readonly transitions: string; readonly key: string };

/** All that the database stores about these aggregates, in the order of `ids`. */
export const historiesOf = async (
  client: pg.Client,
  { rows, transitions, key }: Tables,
  ids: readonly string[],
): Promise<History[]> => {
  const found = await client.query<History>(
    `select asked.id, to_jsonb(r) as row,
       (select coalesce(jsonb_agg(jsonb_build_object('from', from_status, 'to', to_status, 'by', actor_user_id)
          order by at, from_status desc nulls first), '[]') from ${transitions} t where t.${key} = asked.id) as audit,
       (select coalesce(jsonb_agg(type order by sequence), '[]') from outbox o where o.aggregate_id = asked.id) as events
     from unnest($1::uuid[]) with ordinality as asked (id, n) left join ${rows} r on r.id = asked.id order by n`,
    [ids],
  );
  return found.rows;
};

/** Numbers of rows, so that a test can check that nothing else was written. */
export const countsOf = async (client: pg.Client, tables: readonly string[]): Promise<Record<string, number>> => {
  const counts = tables.map((table) => `(select count(*)::integer from ${table}) as ${table}`);
  return (await client.query<Record<string, number>>(`select ${counts.join(', ')}`)).rows[0] ?? {};
};
