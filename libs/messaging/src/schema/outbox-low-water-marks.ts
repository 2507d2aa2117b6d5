import { claim as claimOfBefore, LANE_COUNT, LANE_LOCK } from './outbox-schema.ts';

// plans made while the outbox was empty would sort or scan the whole backlog later: only the primary key's order is allowed
export const pinned = `set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
-- what is switched off counts as dear, and dear plans are compiled first: 9 ms for each claim instead of 0.3
set jit = off`;

const functions = `
-- which outbox marks are of: another server (a standby that took over, one brought back from a backup) or another file
-- (truncated, restored) may give out once more the positions that were published here
-- (no search path: bound when it is made, and so without a context of its own, which would cost each claim a third more)
create function outbox_life() returns text language sql stable
return extract(epoch from pg_postmaster_start_time()) || ' ' || pg_relation_filenode('outbox');

-- the last position that was given out, and then, in this order, the transactions that may not have ended since: positions
-- are given out in ascending order, under a lock that whoever inserts holds until its commit is seen by all. With the rights
-- of the owner, for the sequence.
create function outbox_horizon(out life text, out upto bigint, out writers text[])
language plpgsql volatile security definer
set search_path = pg_catalog, public, pg_temp
as $$
begin
  lock table outbox in access share mode; -- so that its life cannot change meanwhile
  life := outbox_life();
  select last_value - (not is_called)::integer into upto from outbox_position_seq;
  select coalesce(array_agg(virtualtransaction), '{}') into writers from pg_locks
    where locktype = 'relation' and mode = 'RowExclusiveLock' and relation = 'outbox'::regclass
      and database = (select oid from pg_database where datname = current_database());
end $$;

create function outbox_claim(batch_size integer, low_water_marks bigint[] default '{}', life text default null)
returns setof outbox
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
${pinned}
as $$
declare
  candidate smallint;
  mark      bigint;
  taken     integer := 0;
  found_now integer;
begin
  lock table outbox in access share mode; -- so that its life cannot change meanwhile
  if life is distinct from outbox_life() then
    low_water_marks := '{}';
  end if;
  for candidate in select lane from generate_series(0, ${LANE_COUNT - 1}) as lane order by random() loop
    mark := coalesce(low_water_marks[candidate + 1], 0);
    -- an empty lane is left unlocked, so that another relay may take what is committed there meanwhile
    continue when not exists (
      select from outbox o where o.lane = candidate and o.position >= mark and o.parked_at is null);
    continue when not pg_try_advisory_xact_lock(${LANE_LOCK}, candidate);
    -- a statement of its own, hence a snapshot taken after the lock: read in the statement that locks, a lane
    -- shows rows that its last holder has just published
    return query
      select o.* from outbox o
      where o.lane = candidate and o.position >= mark and o.parked_at is null
        and not exists (
          select from outbox held where held.aggregate_id = o.aggregate_id
            and held.position < o.position and held.parked_at is not null)
      order by o.position
      limit batch_size - taken;
    get diagnostics found_now = row_count;
    taken := taken + found_now;
    exit when taken >= batch_size;
  end loop;
end $$;

-- Raises marks (by lane, from lane 0 on) to the first row from each on, parked ones too, or beyond upto, at or below which
-- nobody can insert any more. From the start: lowers them to the first row below each, which nobody has thought possible.
-- As many lanes as a second allows, any of them first: the entries of a day that nobody may forget take longer.
create function outbox_low_water_marks(marks bigint[], upto bigint, from_the_start boolean) returns bigint[]
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
${pinned}
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
`;

const signatures = [
  'outbox_life()',
  'outbox_horizon()',
  'outbox_claim(integer, bigint[], text)',
  'outbox_low_water_marks(bigint[], bigint, boolean)',
];

/**
 * Since 2026-11-27. Relays of before call the new claim as they called the old one, without marks. The claim of the first
 * migration stays where it is: it is what `down` brings back.
 */
export const outboxLowWaterMarks = (appRole: string) => ({
  up: [
    'drop function outbox_claim(integer)',
    functions,
    ...signatures.map((signature) => `revoke all on function ${signature} from public`),
    ...signatures.map((signature) => `grant execute on function ${signature} to ${appRole}`),
  ],
  down: [
    ...signatures.toReversed().map((signature) => `drop function ${signature}`),
    claimOfBefore,
    'revoke all on function outbox_claim(integer) from public',
    `grant execute on function outbox_claim(integer) to ${appRole}`,
  ],
});
