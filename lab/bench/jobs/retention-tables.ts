import type { Sample } from '../harness/job.ts';
import type { Stage } from '../harness/stage.ts';
import { anAcceptance, uuidAt, insertCopies } from '../harness/rows.ts';
import { retentionTasks } from '@mentor-sessions/messaging/roles';
import { createDatabase, type Queryable } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import pg from 'pg';
import { enterInbox } from '../../../libs/messaging/src/inbox/inbox.ts';
import type { Message } from '../../../libs/messaging/src/inbox/message.ts';
import { claimRows, moveToPublished } from '../../../libs/messaging/src/relay/outbox-rows.ts';
import { startMeter } from '../harness/measure/meter.ts';
import { median } from '../harness/statistics.ts';
import type { World } from '../harness/world.ts';

const kept = ['outbox_published', 'inbox', 'idempotency_keys'] as const;

/** Sizes of tables with their indexes (MiB), and dead rows. */
export const readSizes = async ({ sessions }: Stage): Promise<Sample> => {
  const { rows } = await sessions.query<Sample>(
    `select ${kept.map((table) => `${mebibytes(table, 'total_relation')} as ${table}`).join(', ')},
       ${mebibytes('inbox', 'indexes')} as inbox_indexes,
       (select sum(n_dead_tup)::integer from pg_stat_user_tables) as dead`,
  );
  return rows[0] as Sample;
};

/** Of a table and its partitions. */
const mebibytes = (table: string, what: 'total_relation' | 'indexes'): string =>
  `(select sum(pg_${what}_size(relid)) / 2 ^ 20 from (select '${table}'::regclass as relid
    union all select inhrelid from pg_inherits where inhparent = '${table}'::regclass) relations)::real`;

/** Throws unless exactly the rows of the window are left. */
export const assertWindow = async ({ sessions }: Stage, days: number, perDay: number): Promise<void> => {
  const { rows } = await sessions.query<Record<string, number>>(
    `select ${kept.map((table) => `(select count(*)::integer from ${table}) as ${table}`).join(', ')}`,
  );
  const wanted = { outbox_published: days * perDay, inbox: days * perDay, idempotency_keys: perDay };
  const found = rows[0];
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`kept ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
};

export const DAY_MS = 86_400_000;
/** The role runs every ten minutes; a few times a day are enough for the measurement. */
const PASSES_A_DAY = 8;

const envelope = JSON.stringify(anAcceptance(0));

/** `$2` moments from `$1`, evenly spread over the time between two passes. */
const moments = `(select n, $1::timestamptz + n * (interval '1 day' / ${PASSES_A_DAY}) / $2 as at
  from generate_series(0, $2::integer - 1) n) moments`;

const inserts = [
  `insert into outbox_published
     (position, message_id, aggregate_id, sequence, type, lane, envelope, created_at, published_at)
   select n, ${uuidAt('at')}, ${uuidAt('at')}, 2, 'booking.accepted', n % 16, '${envelope}', at, at from ${moments}`,
  `insert into inbox (message_id, queue, content_hash, handled_at)
   select ${uuidAt('at')}, 'bench', sha256('of no interest'), at from ${moments}`,
  `insert into idempotency_keys (user_id, key, request_hash, asked_by, answer, kept_at)
   select gen_random_uuid(), gen_random_uuid(), sha256('of no interest'), '{}', '${envelope}', at from ${moments}`,
];

/** Vacuums as autovacuum would (its own rule and settings): days pass here faster than it wakes. */
const vacuumWhatIsDue = async ({ sessions }: Stage): Promise<void> => {
  const { rows } = await sessions.query<{ name: string }>(
    `select s.relname as name from pg_stat_user_tables s join pg_class c on c.oid = s.relid
     where n_dead_tup > current_setting('autovacuum_vacuum_threshold')::integer + greatest(reltuples, 0) * coalesce(
       (select option_value from pg_options_to_table(reloptions) where option_name = 'autovacuum_vacuum_scale_factor'),
       current_setting('autovacuum_vacuum_scale_factor'))::real`,
  );
  for (const { name } of rows) await sessions.query(`vacuum analyze ${name}`);
};

/**
 * One day: for each event published, one is consumed and one answer kept; then retention
 * (`pass`) and autovacuum.
 */
export const liveThrough = async (
  stage: Stage,
  { begin, events, pass }: { begin: Date; events: number; pass: (at: Date) => Promise<unknown> },
): Promise<void> => {
  await stage.sessions.query(
    "select outbox_published_make_partitions_from(($1::timestamptz at time zone 'UTC')::date, 1)",
    [begin],
  );
  for (let n = 0; n < PASSES_A_DAY; n++) {
    const [from, to] = [n, n + 1].map((part) => new Date(begin.getTime() + (part * DAY_MS) / PASSES_A_DAY));
    for (const text of inserts) await stage.sessions.query(text, [from, events / PASSES_A_DAY]);
    await pass(to as Date);
    await vacuumWhatIsDue(stage);
  }
};

const CLOCK = 'clock_timestamp()';

/** The role's connection with a shifted clock. */
const connectionAt = (pool: pg.Pool, at: Date): Queryable => ({
  query: async <Row extends object>(statement: unknown, values: readonly unknown[] = []) => {
    if (typeof statement !== 'string' || !statement.includes(CLOCK))
      throw new Error(`asks no clock: ${JSON.stringify(statement)}`);
    return (await pool.query<Row & pg.QueryResultRow>(statement.replace(CLOCK, `'${at.toISOString()}'`), [...values]))
      .rows;
  },
});

/** One pass of the retention role's own tasks, with its login and a clock that can be advanced. */
export const openRetention = ({ stack }: Stage, keepDays: number) => {
  const pool = new pg.Pool({ connectionString: stack.sessions.retentionDatabaseUrl, max: 1 });
  const tasks = retentionTasks({
    PUBLISHED_KEPT_DAYS: keepDays,
    INBOX_KEPT_DAYS: keepDays,
    IDEMPOTENCY_KEYS_KEPT_HOURS: 24,
  });
  return {
    pass: async (at: Date): Promise<void> => {
      const connection = connectionAt(pool, at);
      for (const { removeSome } of tasks) while ((await removeSome(connection)) > 0);
      await pool.query('select pg_stat_force_next_flush()'); // so that autovacuum's rule sees what was removed
    },
    close: () => pool.end(),
  };
};

const CLAIMED_AT_ONCE = 500;
const ENTERED_AT_ONCE = 250;

/** Repeats a task until nothing is left; returns PostgreSQL's CPU time for each row and for each batch. */
const timed = async (
  world: World,
  { name, rows, batch }: { name: string; rows: number; batch: () => Promise<boolean> },
): Promise<Sample> => {
  const times: number[] = [];
  const stop = startMeter(world, []);
  for (let isMore = true; isMore;) {
    const began = performance.now();
    isMore = await batch();
    if (isMore) times.push(performance.now() - began);
  }
  return { [`${name}Cpu`]: stop().postgres / rows, [`${name}Ms`]: median(times) };
};

/** Cost of the relay's and the consumer's statements as the application role, on the present tables; `at`: the shifted time. */
export const measureCosts = async (
  world: World,
  { stack, sessions }: Stage,
  { rows, at }: { rows: number; at: Date },
): Promise<Sample> => {
  const log = createLogger({ service: 'bench', role: 'retention', level: 'silent' });
  const database = createDatabase({ url: stack.sessions.databaseUrl, applicationName: 'bench', log });
  try {
    await database.query('select outbox_published_make_partitions(1)');
    await insertCopies(sessions, rows);
    const claim = (): Promise<boolean> =>
      database.transaction(async (tx) => {
        const claimed = await claimRows(tx, { rows: CLAIMED_AT_ONCE });
        await moveToPublished(tx, claimed);
        return claimed.length > 0;
      });
    const claimed = await timed(world, { name: 'claim', rows, batch: claim });
    const ids = await sessions.query<{ id: string }>(
      `select ${uuidAt('$1::timestamptz')} as id from generate_series(1, $2::integer)`,
      [at, rows],
    );
    const contentHash = Buffer.alloc(32);
    const messages = ids.rows.map(({ id }) => ({ id, contentHash }) as Message);
    const enter = async (): Promise<boolean> => {
      const some = messages.splice(0, ENTERED_AT_ONCE);
      if (some.length > 0) await database.transaction((tx) => enterInbox(tx, 'bench', some));
      return some.length > 0;
    };
    return { ...claimed, ...(await timed(world, { name: 'inbox', rows, batch: enter })) };
  } finally {
    await database.close();
  }
};
