import { acting, record } from './operator-functions.ts';
import { claim } from './outbox-claim.ts';
import { outboxLowWaterMarks, pinned } from './outbox-low-water-marks.ts';

const tables = [
  `alter table outbox add column retry_at timestamptz; -- of a parked row: when relays try it again; null: not before an operator unparks it`,
  // by type, so that many rows of one type do not keep those of another from being tried
  'create index outbox_retry on outbox (type, retry_at) where retry_at is not null',
];

// `alter sequence … restart` and `truncate … restart identity` give the sequence another file
const life = `
create or replace function outbox_life() returns text language sql stable
return extract(epoch from pg_postmaster_start_time()) || ' ' || pg_relation_filenode('outbox')
  || ' ' || pg_relation_filenode('outbox_position_seq')`;

// A crash recovery sets the sequence back to what had been flushed, in the life of the same postmaster. The message makes
// the commit of this call flush everything up to here: once a relay has read a position, it is never given out again.
const horizon = `
create or replace function outbox_horizon(out life text, out upto bigint, out writers text[])
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
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'local', true);
  end if;
  perform pg_logical_emit_message(true, 'outbox', 'horizon');
end $$`;

// tries again after 2, 6, 18, 54 and then every 60 seconds
const park = `
create function outbox_park(lanes smallint[], positions bigint[], reasons text[], again boolean[]) returns void
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
${pinned}
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
end $$`;

const tryMove = `
create function outbox_try_move(lane smallint, "position" bigint) returns void
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
as $$
begin
  perform outbox_move_to_published(array[lane], array[position]);
  raise exception 'moved, and back' using errcode = 'OB002';
exception when sqlstate 'OB002' then
  null;
end $$`;

// what was refused once is tried apart from the others the next time, too: one attempt stays
const unpark = (values: string): string =>
  acting(
    'outbox_unpark(messages uuid[], act_by text, act_reason text)',
    'setof uuid',
    `  return query
    update outbox set parked_at = null, ${values}, last_error = null
    where message_id = any(messages) and parked_at is not null returning message_id;
  ${record('outbox unpark', `jsonb_build_object('messages', messages)`)};
  perform pg_notify('outbox', '');`,
  ).replace('create function', 'create or replace function');

const CLAIM = 'outbox_claim(integer, bigint[], text, integer, integer, integer)';
const PARK = 'outbox_park(smallint[], bigint[], text[], boolean[])';
const TRY_MOVE = 'outbox_try_move(smallint, bigint)';
const signatures = [CLAIM, PARK, TRY_MOVE];

/**
 * Since 2026-11-28: claims are bounded by bytes, refused rows are tried again, and low-water marks survive a crash.
 * Relays of before call the new claim as they called the old one. `isOperated`: after `operationsSchema`.
 */
export const outboxBounds = ({ appRole, isOperated }: { appRole: string; isOperated: boolean }) => ({
  up: [
    ...tables,
    life,
    horizon,
    'drop function outbox_claim(integer, bigint[], text)',
    claim,
    park,
    tryMove,
    ...(isOperated ? [unpark('retry_at = null, attempts = least(attempts, 1)')] : []),
    ...signatures.map((signature) => `revoke all on function ${signature} from public`),
    ...signatures.map((signature) => `grant execute on function ${signature} to ${appRole}`),
    `grant update (retry_at) on outbox to ${appRole}`,
    `grant select on sequence outbox_position_seq to ${appRole}`,
  ],
  down: [
    `revoke select on sequence outbox_position_seq from ${appRole}`,
    ...(isOperated ? [unpark('attempts = 0')] : []),
    ...signatures.toReversed().map((signature) => `drop function ${signature}`),
    'drop function outbox_low_water_marks(bigint[], bigint, boolean)',
    'drop function outbox_horizon()',
    'drop function outbox_life()',
    // all but the first, which drops the claim of before
    ...outboxLowWaterMarks(appRole).up.slice(1),
    'drop index outbox_retry',
    'alter table outbox drop column retry_at',
  ],
});
