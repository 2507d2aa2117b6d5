import { LANE_LOCK, makePartitions as makeWithAnyTime } from './outbox-schema.ts';
import { dropPublished as dropByName } from './retention-schema.ts';

const pinned = `set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD'`;

// the bounds are printed with the settings of the session: pinned, so that they can be read back
const partitions = `
create function outbox_published_partitions(out partition regclass, out from_at timestamptz, out to_at timestamptz)
returns setof record language sql stable ${pinned} as $$
  select c.oid::regclass, bounds[1]::timestamptz, bounds[2]::timestamptz
  from pg_inherits i join pg_class c on c.oid = i.inhrelid,
    regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \\(''([^'']+)''\\) TO \\(''([^'']+)''\\)$') as bounds
  where i.inhparent = 'outbox_published'::regclass and bounds is not null
$$`;

const makeFrom = `
create function outbox_published_make_partitions_from(first_day date, days_ahead integer) returns void
language plpgsql security definer ${pinned} as $$
declare
  day    date;
  begins timestamptz;
  ends   timestamptz;
begin
  perform pg_advisory_xact_lock(${LANE_LOCK}, -1);
  for day in select first_day + n from generate_series(0, least(days_ahead, 31)) as n loop
    begins := make_timestamptz(extract(year from day)::integer, extract(month from day)::integer,
      extract(day from day)::integer, 0, 0, 0, 'UTC');
    ends := begins + interval '24 hours';
    continue when exists (select from outbox_published_partitions() p where p.from_at < ends and p.to_at > begins);
    begin
      execute format('create table public.%I partition of public.outbox_published for values from (%L) to (%L)',
        'outbox_published_' || to_char(day, 'YYYYMMDD'), begins, ends);
    exception when check_violation or duplicate_table then
      null; -- rows of that day are in the default partition already, or the name is taken: they stay, or go, there
    end;
  end loop;
end $$`;

// what the application role is let do: the days from today on, by the server's clock
const make = `
create function outbox_published_make_partitions(days_ahead integer) returns void
language sql security definer ${pinned} as $$
  select outbox_published_make_partitions_from((now() at time zone 'UTC')::date, days_ahead)
$$`;

// by what a partition may hold, not by what it is called
const dropByBounds = `
create or replace function outbox_published_drop_days(at timestamptz, keep interval) returns setof text
language plpgsql security definer ${pinned}
-- a drop waits for readers of the table, and later readers wait for the drop: give up early and try again
set lock_timeout = '1s'
as $$
declare
  old record;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  for old in select p.partition from outbox_published_partitions() p where p.to_at <= at - keep order by p.to_at loop
    execute format('drop table %s', old.partition);
    return next old.partition::text;
  end loop;
end $$`;

const internal = ['outbox_published_partitions()', 'outbox_published_make_partitions_from(date, integer)'];
const MAKE = 'outbox_published_make_partitions(integer)';

/** Since 2026-11-28. Before, the application role said from which day on, in its own date style. */
export const partitionsByBounds = ({ appRole }: { appRole: string }) => ({
  up: [
    'drop function outbox_published_make_partitions(integer, timestamptz)',
    partitions,
    makeFrom,
    make,
    dropByBounds,
    ...[...internal, MAKE].map((signature) => `revoke all on function ${signature} from public`),
    `grant execute on function ${MAKE} to ${appRole}`,
  ],
  down: [
    dropByName.replace('create function', 'create or replace function'),
    ...[MAKE, ...internal.toReversed()].map((signature) => `drop function ${signature}`),
    makeWithAnyTime('days_ahead integer, at timestamptz default now()', 'at'),
    'revoke all on function outbox_published_make_partitions(integer, timestamptz) from public',
    `grant execute on function outbox_published_make_partitions(integer, timestamptz) to ${appRole}`,
  ],
});
