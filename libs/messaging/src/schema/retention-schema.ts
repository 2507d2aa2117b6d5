import { makePartitions } from './outbox-schema.ts';

// What is old is counted from `at`, which is now in real life and any other time in a test. By age go only rows that have
// done their work: published, handled, heard of no more. Each call removes a few and tells how many, or drops whole days.

const head = `language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- a drop waits for whoever reads the table, and whoever comes then waits for the drop: rather give up and try again
set lock_timeout = '1s'
as $$`;

const keepEnough = `if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;`;

export const dropPublished = `
create function outbox_published_drop_days(at timestamptz, keep interval) returns setof text ${head}
declare
  old record;
begin
  ${keepEnough}
  for old in
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'outbox_published'::regclass and c.relname ~ '^outbox_published_\\d{8}$'
      and (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp at time zone 'utc' <= at - keep
    order by 1
  loop
    execute format('drop table public.%I', old.name);
    return next old.name;
  end loop;
end $$`;

const few = (table: string, name: string, age: string): string => `
create function ${name}(at timestamptz, keep interval, batch integer) returns integer ${head}
declare
  gone integer;
begin
  ${keepEnough}
  delete from ${table} where ctid = any(array(
    select ctid from ${table} where ${age} < at - keep order by ${age} limit batch for update skip locked));
  get diagnostics gone = row_count;
  return gone;
end $$`;

/** Dropped and made again: what was granted on the one before is granted on this. */
const remade = (functions: readonly string[], appRole: string): string[] => [
  ...functions,
  'revoke all on function outbox_published_make_partitions from public',
  `grant execute on function outbox_published_make_partitions to ${appRole}`,
];

const signatures = [
  'outbox_published_drop_days(timestamptz, interval)',
  'outbox_published_forget_stray(timestamptz, interval, integer)',
  'inbox_forget(timestamptz, interval, integer)',
  'workers_forget(timestamptz, interval, integer)',
];

/** What `retentionRole` may do, and it may nothing else: not even read. */
export const retentionSchema = ({ appRole, retentionRole }: { appRole: string; retentionRole: string }) => ({
  up: [
    'create index inbox_by_age on inbox (handled_at)',
    'drop function outbox_published_make_partitions(integer)',
    ...remade([makePartitions('days_ahead integer, at timestamptz default now()', 'at')], appRole),
    dropPublished,
    // rows of days for which nobody had made a partition
    few('outbox_published_default', 'outbox_published_forget_stray', 'published_at'),
    few('inbox', 'inbox_forget', 'handled_at'),
    few('workers', 'workers_forget', 'seen_at'),
    ...signatures.map((signature) => `revoke all on function ${signature} from public`),
    `grant usage on schema public to ${retentionRole}`,
    ...signatures.map((signature) => `grant execute on function ${signature} to ${retentionRole}`),
  ],
  down: [
    ...signatures.toReversed().map((signature) => `drop function ${signature}`),
    `revoke usage on schema public from ${retentionRole}`,
    'drop function outbox_published_make_partitions(integer, timestamptz)',
    ...remade([makePartitions('days_ahead integer', 'now()')], appRole),
    'drop index inbox_by_age',
  ],
});

/**
 * By default a fifth of the inbox may be dead before it is vacuumed, and each day leaves a thirtieth: it would grow by that
 * fifth beyond what is kept. Vacuumed after a fiftieth it stays as large as its window.
 */
export const inboxVacuum = {
  up: ['alter table inbox set (autovacuum_vacuum_scale_factor = 0.02)'],
  down: ['alter table inbox reset (autovacuum_vacuum_scale_factor)'],
};
