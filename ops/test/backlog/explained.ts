import {
  numberedValues,
  type Database,
  type Queryable,
  type Statement,
  type Values,
} from '@mentor-sessions/service-kit/database';
import pg from 'pg';

/** What a statement reads: accesses to blocks of 8 KiB, in memory or not. */
export type Cost = {
  readonly statement: string;
  readonly plan: 'custom' | 'generic';
  readonly blocks: number;
  readonly milliseconds: number;
  readonly text: string;
};

type Explained = { readonly Plan: Record<string, number>; readonly 'Execution Time': number };
type Answer = { readonly 'QUERY PLAN': readonly Explained[] };

const explain = 'explain (analyze, buffers, timing off, format json)';

const textOf = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value));

// a value as a literal for `execute`
const literal = (value: unknown): string => {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map((one) => JSON.stringify(textOf(one))).join(',')}}`);
  return pg.escapeLiteral(textOf(value));
};

const blocksOf = (plan: Record<string, number>): number =>
  [
    'Shared Hit Blocks',
    'Shared Read Blocks',
    'Local Hit Blocks',
    'Local Read Blocks',
    'Temp Read Blocks',
    'Temp Written Blocks',
  ]
    .map((name) => plan[name] ?? 0)
    .reduce((sum, one) => sum + one, 0);

const isExplained = (text: string): boolean => /^\s*(select|insert|update|delete|with)\b/i.test(text);

/** Runs each statement with a custom and a generic plan, as a pool does at first and later, and rolls both back. */
const costsOf = async (
  client: pg.Client,
  { name = 'unnamed', text }: Statement | { name?: string; text: string },
  values: readonly unknown[],
): Promise<Cost[]> => {
  const cost = (plan: Cost['plan'], { rows }: pg.QueryResult<Answer>): Cost => {
    const [explained] = rows[0]?.['QUERY PLAN'] ?? [];
    if (!explained) throw new Error(`not explained: ${text}`);
    return { statement: name, plan, blocks: blocksOf(explained.Plan), milliseconds: explained['Execution Time'], text };
  };
  await client.query('begin');
  try {
    const custom = cost('custom', await client.query<Answer>(`${explain} ${text}`, [...values]));
    await client.query('rollback');
    await client.query('begin; set local plan_cache_mode = force_generic_plan');
    await client.query(`prepare explained as ${text}`);
    const given = values.length > 0 ? `(${values.map(literal).join(', ')})` : '';
    return [custom, cost('generic', await client.query<Answer>(`${explain} execute explained${given}`))];
  } finally {
    await client.query('rollback; deallocate all');
  }
};

export type Seen = { readonly costs: Cost[]; readonly failures: Error[] };

/** The same database, but each statement is explained first, on `client` and with its role. */
export const explained = (database: Database, client: pg.Client, { costs, failures }: Seen): Database => {
  let before: Promise<unknown> = Promise.resolve();
  // one at a time, because there is one client
  const look = (statement: Statement | string, values: Values = []): Promise<unknown> => {
    const named = typeof statement === 'string' ? { text: statement } : statement;
    if (!isExplained(named.text)) return before;
    // a gauge that fails is NaN without an error, so the error is kept here
    const explaining = before.then(async () =>
      costs.push(...(await costsOf(client, named, numberedValues(statement, values)))),
    );
    return (before = explaining.catch((error: unknown) => failures.push(new Error(named.text, { cause: error }))));
  };
  const looking = (db: Queryable): Queryable => ({
    query: async (...asked: Parameters<Queryable['query']>) => {
      await look(...asked);
      return db.query(...asked);
    },
  });
  return {
    ...database,
    ...looking(database),
    transaction: (work) => database.transaction((tx) => work(looking(tx))),
    write: async (statement, values, readBack) => {
      await look(statement, values);
      return database.write(statement, values, readBack);
    },
  };
};
