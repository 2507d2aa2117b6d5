-- What relays do with the outbox. Every statement may run again on a database that has it already.
--
-- The settings of claim, marks, park and move allow one plan only: by the primary key. PostgreSQL keeps the plan of a
-- prepared statement, and an outbox is empty when plans are made; those plans would scan or sort a backlog of millions
-- of rows (docs/adr/0007). jit is off because disabled plan nodes count as expensive, and expensive plans are compiled
-- first: 9 ms for each claim instead of 0.3. 1818324581 is "lane" in ASCII: the first key of the lanes' advisory locks.


-- Identifies the outbox that low-water marks belong to. Another server (a promoted standby, a restored backup) or
-- another file (truncate, restart of the sequence) may give out positions again that were already published.
-- Written as an expression, without a search path: a path would make each claim a third slower.
create or replace function outbox_life() returns text language sql stable
return extract(epoch from pg_postmaster_start_time()) || ' ' || pg_relation_filenode('outbox')
  || ' ' || pg_relation_filenode('outbox_position_seq');


-- The last position given out, and then the transactions that may still insert at or below it. The order matters:
-- positions are given out in ascending order, under a lock that the inserting transaction holds until it has committed.
-- Runs as the owner because of the sequence.
create or replace function outbox_horizon(out life text, out upto bigint, out writers text[])
language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
  lock table outbox in access share mode; -- outbox_life() cannot change until this transaction ends
  life := outbox_life();
  select last_value - (not is_called)::integer into upto from outbox_position_seq;
  select coalesce(array_agg(virtualtransaction), '{}') into writers from pg_locks
    where locktype = 'relation' and mode = 'RowExclusiveLock' and relation = 'outbox'::regclass
      and database = (select oid from pg_database where datname = current_database());
  -- A crash recovery sets the sequence back to its last flushed value, and outbox_life() stays the same. This message
  -- makes the commit flush everything up to here, so a position that a relay has read is never given out again.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'local', true);
  end if;
  perform pg_logical_emit_message(true, 'outbox', 'horizon');
end $$;


-- Raises marks (by lane, from lane 0 on) to the first row at or above each, parked rows included, or beyond upto, at or
-- below which no transaction can insert any more. From the start: lowers marks to the first row below them; there should
-- be none. Stops after a second, with lanes in random order: index entries that cannot be removed yet take longer.
create or replace function outbox_low_water_marks(marks bigint[], upto bigint, from_the_start boolean) returns bigint[]
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
  n        integer;
  found_at bigint;
  until    constant timestamptz := clock_timestamp() + interval '1 second';
begin
  for n in select lane from generate_series(1, cardinality(marks)) as lane order by random() loop
    exit when clock_timestamp() > until;
    if from_the_start then
      select o.position into found_at from outbox o
        where o.lane = n - 1 and o.position < marks[n] order by o.position limit 1;
      marks[n] := coalesce(found_at, marks[n]);
    elsif marks[n] <= upto then
      select o.position into found_at from outbox o
        where o.lane = n - 1 and o.position between marks[n] and upto order by o.position limit 1;
      marks[n] := coalesce(found_at, upto + 1);
    end if;
  end loop;
  return marks;
end $$;


-- Gives a relay its next batch, and holds the lanes that it comes from until the transaction ends.
create or replace function outbox_claim(
  batch_size integer, low_water_marks bigint[] default '{}', life text default null,
  batch_bytes integer default 4194304, -- of bodies; one row is returned in any case
  largest integer default 1073741823,  -- octets; a larger body is left out, and counts nothing
  retries integer default 0,           -- of each type, how many parked rows whose retry_at has passed are retried
  out lane smallint, out "position" bigint, out message_id uuid, out aggregate_id uuid, out type text,
  out attempts integer, out bytes integer, out envelope json)
returns setof record
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
declare
  candidate   smallint;
  mark        bigint;
  taken       integer := 0;
  taken_bytes bigint := 0;
  retried     text := '';
begin
  -- checked before anything is published: the rows could not be moved afterwards
  if current_setting('transaction_read_only')::boolean then
    raise exception 'the outbox cannot be relayed in a read-only transaction' using errcode = 'read_only_sql_transaction';
  end if;
  lock table outbox in access share mode; -- outbox_life() cannot change until this transaction ends
  if life is distinct from outbox_life() then
    low_water_marks := '{}';
  elsif (select max(m) from unnest(low_water_marks) as m) > (select last_value + 1 from outbox_position_seq) then
    raise exception 'outbox_position_seq was set back: positions are given out again' using errcode = 'OB001';
  end if;
  while retries > 0 loop
    select o.type into retried from outbox o
      where o.retry_at is not null and o.type > retried order by o.type limit 1;
    exit when not found;
    update outbox set parked_at = null, retry_at = null where ctid = any(array(
      select o.ctid from outbox o where o.type = retried and o.retry_at <= clock_timestamp()
      order by o.retry_at limit retries for update skip locked));
  end loop;
  for candidate in select n from generate_series(0, 15) as n order by random() loop
    exit when taken >= batch_size or taken_bytes >= batch_bytes;
    mark := coalesce(low_water_marks[candidate + 1], 0);
    -- an empty lane stays unlocked, so that another relay can take what is committed there in the meantime
    continue when not exists (
      select from outbox o where o.lane = candidate and o.position >= mark and o.parked_at is null);
    continue when not pg_try_advisory_xact_lock(1818324581, candidate);
    -- A statement of its own, so that its snapshot is taken after the lock: a statement that locks and reads at once
    -- would return rows that the lane's last holder has just published.
    for lane, position, message_id, aggregate_id, type, attempts, envelope in
      select o.lane, o.position, o.message_id, o.aggregate_id, o.type, o.attempts, o.envelope from outbox o
      where o.lane = candidate and o.position >= mark and o.parked_at is null
        and not exists (
          select from outbox held where held.aggregate_id = o.aggregate_id
            and held.position < o.position and held.parked_at is not null)
      order by o.position
      limit batch_size - taken
    loop
      -- The size of the text, not as stored: TOAST shrinks repetitions a hundredfold. Row by row, because a sum over
      -- the batch would read every body of it before the first is too much.
      bytes := octet_length(envelope::text);
      if bytes > largest then
        envelope := null;
      else
        taken_bytes := taken_bytes + bytes;
        exit when taken > 0 and taken_bytes > batch_bytes;
      end if;
      taken := taken + 1;
      return next;
    end loop;
  end loop;
end $$;


-- Sets refused rows aside; they are retried after 2, 6, 18, 54 and then every 60 seconds.
create or replace function outbox_park(lanes smallint[], positions bigint[], reasons text[], again boolean[]) returns void
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
as $$
begin
  update outbox set attempts = attempts + 1, last_error = p.reason,
    parked_at = date_trunc('milliseconds', clock_timestamp()),
    retry_at = case when p.again then date_trunc('milliseconds', clock_timestamp())
      + least(60, 2 * 3 ^ least(attempts, 10)) * interval '1 second' end
  from unnest(lanes, positions, reasons, again) as p(lane, position, reason, again)
  where outbox.lane = p.lane and outbox.position = p.position;
end $$;


create or replace function outbox_move_to_published(lanes smallint[], positions bigint[]) returns void
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_material = off
set jit = off
as $$
begin
  with done as (
    delete from outbox using unnest(lanes, positions) as d(lane, position)
    where outbox.lane = d.lane and outbox.position = d.position
    returning outbox.*)
  insert into outbox_published
    (position, message_id, aggregate_id, sequence, type, lane, envelope, created_at, published_at)
  select position, message_id, aggregate_id, sequence, type, lane, envelope, created_at,
    date_trunc('milliseconds', clock_timestamp())
  from done;
end $$;


-- Moves one row and undoes it: tells a relay, before it publishes, whether the database would take the move.
create or replace function outbox_try_move(lane smallint, "position" bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
as $$
begin
  perform outbox_move_to_published(array[lane], array[position]);
  raise exception 'moved, and back' using errcode = 'OB002';
exception when sqlstate 'OB002' then
  null;
end $$;


-- Time zone and date style are pinned: bounds are printed with the settings of the session, and must be readable again.
create or replace function outbox_published_partitions(out partition regclass, out from_at timestamptz, out to_at timestamptz)
returns setof record language sql stable
set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD'
as $$
  select c.oid::regclass, bounds[1]::timestamptz, bounds[2]::timestamptz
  from pg_inherits i join pg_class c on c.oid = i.inhrelid,
    regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \(''([^'']+)''\) TO \(''([^'']+)''\)$') as bounds
  where i.inhparent = 'outbox_published'::regclass and bounds is not null
$$;

create or replace function outbox_published_make_partitions_from(first_day date, days_ahead integer) returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD'
as $$
declare
  day    date;
  begins timestamptz;
  ends   timestamptz;
begin
  perform pg_advisory_xact_lock(1818324581, -1);
  for day in select first_day + n from generate_series(0, least(days_ahead, 31)) as n loop
    begins := make_timestamptz(extract(year from day)::integer, extract(month from day)::integer,
      extract(day from day)::integer, 0, 0, 0, 'UTC');
    ends := begins + interval '24 hours';
    continue when exists (select from outbox_published_partitions() p where p.from_at < ends and p.to_at > begins);
    begin
      execute format('create table public.%I partition of public.outbox_published for values from (%L) to (%L)',
        'outbox_published_' || to_char(day, 'YYYYMMDD'), begins, ends);
    exception when check_violation or duplicate_table then
      null; -- the default partition has rows of that day, or the name is taken: rows of that day go to the default
    end;
  end loop;
end $$;

-- The one that :app may call: today and the days after it, by the server's clock.
create or replace function outbox_published_make_partitions(days_ahead integer) returns void
language sql security definer
set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD'
as $$
  select outbox_published_make_partitions_from((now() at time zone 'UTC')::date, days_ahead)
$$;


revoke all on function outbox_life(), outbox_horizon(), outbox_low_water_marks(bigint[], bigint, boolean),
  outbox_claim(integer, bigint[], text, integer, integer, integer), outbox_park(smallint[], bigint[], text[], boolean[]),
  outbox_move_to_published(smallint[], bigint[]), outbox_try_move(smallint, bigint), outbox_published_partitions(),
  outbox_published_make_partitions_from(date, integer), outbox_published_make_partitions(integer) from public;
grant execute on function outbox_life(), outbox_horizon(), outbox_low_water_marks(bigint[], bigint, boolean),
  outbox_claim(integer, bigint[], text, integer, integer, integer), outbox_park(smallint[], bigint[], text[], boolean[]),
  outbox_move_to_published(smallint[], bigint[]), outbox_try_move(smallint, bigint),
  outbox_published_make_partitions(integer) to :app;
