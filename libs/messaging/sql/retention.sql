-- What :retention, the role of the retention job, may do: remove rows that have done their work (published, handled, not
-- seen any more) and are older than `keep`. It has no other privileges, not even SELECT. Each call removes a batch and
-- returns how many, or drops whole days. `at` is now(), or any other time in a test. After operations.sql; every
-- statement may run again on a database that has it already.

create index if not exists inbox_by_age on inbox (handled_at);

-- By default a fifth of a table may be dead before it is vacuumed, and each day leaves a thirtieth: the inbox would grow
-- by that fifth. Vacuumed after a fiftieth it stays as large as what is kept.
alter table inbox set (autovacuum_vacuum_scale_factor = 0.02);


-- Finds partitions by their bounds, not by their names. The lock_timeout: a drop waits for readers of the table, and
-- later readers wait for the drop, so it gives up early and tries again at the next call.
create or replace function outbox_published_drop_days(at timestamptz, keep interval) returns setof text
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD'
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
end $$;

-- rows of days that had no partition of their own
create or replace function outbox_published_forget_stray(at timestamptz, keep interval, batch integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set lock_timeout = '1s' as $$
declare
  gone integer;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  delete from outbox_published_default where ctid = any(array(
    select ctid from outbox_published_default where published_at < at - keep order by published_at limit batch for update skip locked));
  get diagnostics gone = row_count;
  return gone;
end $$;

create or replace function inbox_forget(at timestamptz, keep interval, batch integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set lock_timeout = '1s' as $$
declare
  gone integer;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  delete from inbox where ctid = any(array(
    select ctid from inbox where handled_at < at - keep order by handled_at limit batch for update skip locked));
  get diagnostics gone = row_count;
  return gone;
end $$;

create or replace function workers_forget(at timestamptz, keep interval, batch integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set lock_timeout = '1s' as $$
declare
  gone integer;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  delete from workers where ctid = any(array(
    select ctid from workers where seen_at < at - keep order by seen_at limit batch for update skip locked));
  get diagnostics gone = row_count;
  return gone;
end $$;


revoke all on function outbox_published_drop_days(timestamptz, interval),
  outbox_published_forget_stray(timestamptz, interval, integer), inbox_forget(timestamptz, interval, integer),
  workers_forget(timestamptz, interval, integer) from public;
grant execute on function outbox_published_drop_days(timestamptz, interval),
  outbox_published_forget_stray(timestamptz, interval, integer), inbox_forget(timestamptz, interval, integer),
  workers_forget(timestamptz, interval, integer) to :retention;
