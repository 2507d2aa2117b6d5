import { pinned } from './outbox-low-water-marks.ts';
import { LANE_COUNT, LANE_LOCK } from './outbox-schema.ts';

/** SQLSTATE of a claim whose low-water marks lie above the last position: positions are being given out a second time. */
export const POSITIONS_WENT_BACK = 'OB001';

// A row's body counts as octets of its text, not as stored: TOAST shrinks repetitions a hundredfold. Row by row, because
// a sum over the whole batch would read every body of it before the first is too much.
export const claim = `
create function outbox_claim(
  batch_size integer, low_water_marks bigint[] default '{}', life text default null,
  batch_bytes integer default 4194304, -- of bodies; one row goes in any case
  largest integer default 1073741823,  -- octets; a larger body is not handed over, and counts nothing
  retries integer default 0,           -- of each type, as many parked rows whose time has come are tried again
  out lane smallint, out "position" bigint, out message_id uuid, out aggregate_id uuid, out type text,
  out attempts integer, out bytes integer, out envelope json)
returns setof record
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
${pinned}
as $$
declare
  candidate   smallint;
  mark        bigint;
  taken       integer := 0;
  taken_bytes bigint := 0;
  retried     text := '';
begin
  -- before anything is published: what was published could not be moved
  if current_setting('transaction_read_only')::boolean then
    raise exception 'the outbox cannot be relayed in a read-only transaction' using errcode = 'read_only_sql_transaction';
  end if;
  lock table outbox in access share mode; -- so that its life cannot change meanwhile
  if life is distinct from outbox_life() then
    low_water_marks := '{}';
  elsif (select max(m) from unnest(low_water_marks) as m) > (select last_value + 1 from outbox_position_seq) then
    raise exception 'outbox_position_seq was set back: positions are given out again' using errcode = '${POSITIONS_WENT_BACK}';
  end if;
  while retries > 0 loop
    select o.type into retried from outbox o
      where o.retry_at is not null and o.type > retried order by o.type limit 1;
    exit when not found;
    update outbox set parked_at = null, retry_at = null where ctid = any(array(
      select o.ctid from outbox o where o.type = retried and o.retry_at <= clock_timestamp()
      order by o.retry_at limit retries for update skip locked));
  end loop;
  for candidate in select n from generate_series(0, ${LANE_COUNT - 1}) as n order by random() loop
    exit when taken >= batch_size or taken_bytes >= batch_bytes;
    mark := coalesce(low_water_marks[candidate + 1], 0);
    -- an empty lane is left unlocked, so that another relay may take what is committed there meanwhile
    continue when not exists (
      select from outbox o where o.lane = candidate and o.position >= mark and o.parked_at is null);
    continue when not pg_try_advisory_xact_lock(${LANE_LOCK}, candidate);
    -- a statement of its own, hence a snapshot taken after the lock: read in the statement that locks, a lane
    -- shows rows that its last holder has just published
    for lane, position, message_id, aggregate_id, type, attempts, envelope in
      select o.lane, o.position, o.message_id, o.aggregate_id, o.type, o.attempts, o.envelope from outbox o
      where o.lane = candidate and o.position >= mark and o.parked_at is null
        and not exists (
          select from outbox held where held.aggregate_id = o.aggregate_id
            and held.position < o.position and held.parked_at is not null)
      order by o.position
      limit batch_size - taken
    loop
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
end $$`;
