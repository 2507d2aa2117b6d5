import { pool } from '../http/app.ts';
import type { Rows, Statements } from '../http/rows.ts';

/** Batches the items that arrived while a statement was running; two batches at a time. Results keep the order of the items. */
const gather = <Item, Result>(ask: (items: Item[]) => Promise<Result[]>): ((item: Item) => Promise<Result>) => {
  const waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  let free = 2;
  const next = async (): Promise<void> => {
    if (free === 0 || waiting.length === 0) return;
    const batch = waiting.splice(0, 50);
    free -= 1;
    try {
      const results = await ask(batch.map(({ item }) => item));
      for (const [n, { resolve }] of batch.entries()) resolve(results[n] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    free += 1;
    void next();
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      void next();
    });
};

/** Two batched statements: `read` takes ids; `write` takes an array for each column, the last one as JSON. */
export const gathered = <Row extends { id: string }>({ read, write }: Statements): Rows<Row> => ({
  read: gather(async (ids: string[]) => {
    const { rows } = await pool.query<Row & { now: Date }>({ name: 'read', text: read, values: [ids] });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id));
  }),
  write: gather(async (commands: (readonly unknown[])[]) => {
    const columns = (commands[0] ?? []).map((_, column) => commands.map((values) => values[column]));
    const values = [...columns.slice(0, -1), `[${columns.at(-1)?.join(',')}]`];
    const { rows } = await pool.query<{ id: string }>({ name: 'write', text: write, values });
    const written = new Set(rows.map(({ id }) => id));
    return commands.map(([id]) => written.has(id as string));
  }),
});
