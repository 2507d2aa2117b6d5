import { anAcceptance } from '../../harness/events.ts';
import type { Stage } from '../../harness/stage.ts';
import { uuidAt } from '../../harness/uuid-at.ts';

export const DAY_MS = 86_400_000;
/** The role looks every ten minutes; a few times a day is enough to see what it does. */
const PASSES_A_DAY = 8;

const envelope = JSON.stringify(anAcceptance(0));

/** `$2` moments, evenly spread over the time from `$1` on. */
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

/** What autovacuum would do by now: days pass faster here than it looks (its own rule, from the same figures). */
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
 * A day on which each event is published, another is handled and an answer is kept for each, with what retention does on
 * it (`pass`) and what autovacuum does.
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
