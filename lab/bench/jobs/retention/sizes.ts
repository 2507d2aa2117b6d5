import type { Sample } from '../../harness/job.ts';
import type { Stage } from '../../harness/stage.ts';

const kept = ['outbox_published', 'inbox', 'idempotency_keys'] as const;

/** Tables with their indexes (MiB), and rows that are dead and still there. */
export const readSizes = async ({ sessions }: Stage): Promise<Sample> => {
  const { rows } = await sessions.query<Sample>(
    `select ${kept.map((table) => `${mebibytes(table, 'total_relation')} as ${table}`).join(', ')},
       ${mebibytes('inbox', 'indexes')} as inbox_indexes,
       (select sum(n_dead_tup)::integer from pg_stat_user_tables) as dead`,
  );
  return rows[0] as Sample;
};

/** Of a table with its partitions, if it has any. */
const mebibytes = (table: string, what: 'total_relation' | 'indexes'): string =>
  `(select sum(pg_${what}_size(relid)) / 2 ^ 20 from (select '${table}'::regclass as relid
    union all select inhrelid from pg_inherits where inhparent = '${table}'::regclass) relations)::real`;

/** Throws unless just the window is there. */
export const assertWindow = async ({ sessions }: Stage, days: number, perDay: number): Promise<void> => {
  const { rows } = await sessions.query<Record<string, number>>(
    `select ${kept.map((table) => `(select count(*)::integer from ${table}) as ${table}`).join(', ')}`,
  );
  const wanted = { outbox_published: days * perDay, inbox: days * perDay, idempotency_keys: perDay };
  const found = rows[0];
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`kept ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
};
