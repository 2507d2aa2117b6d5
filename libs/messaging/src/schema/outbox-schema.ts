/** Lanes are fixed for ever: a row's lane is computed by its writer, and a relay asks for lanes by number. */
export const LANE_COUNT = 16;

/** First key of the two-part advisory lock that stands for "this relay publishes lane n"; any constant will do. */
export const LANE_LOCK = 0x6c616e65;

const tables = `
create table outbox (
  position     bigint generated always as identity, -- order of insertion; commits may overtake each other, so nobody may read "position > last" as "new"
  message_id   uuid not null,                       -- AMQP messageId and inbox key, for ever
  aggregate_id uuid not null,
  sequence     integer not null,                    -- the aggregate's version: order on the wire
  type         text not null,                       -- routing key
  lane         smallint not null,                   -- hash of aggregate_id: all of one aggregate's events wait in one lane
  envelope     json not null,                       -- the bytes that are published; json keeps them as they came, jsonb would reorder
  attempts     integer not null default 0,
  parked_at    timestamptz,                         -- set when the row itself cannot be published; holds back its own aggregate only
  last_error   text,
  created_at   timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  primary key (lane, position),
  constraint outbox_message_once unique (message_id),
  constraint outbox_lane_exists check (lane between 0 and ${LANE_COUNT - 1})
);
create index outbox_parked on outbox (aggregate_id, position) where parked_at is not null;

create table outbox_published (
  position     bigint not null,
  message_id   uuid not null,
  aggregate_id uuid not null,
  sequence     integer not null,
  type         text not null,
  lane         smallint not null,
  envelope     json not null,
  created_at   timestamptz not null,
  published_at timestamptz not null
) partition by range (published_at);
create index outbox_published_aggregate on outbox_published (aggregate_id);
-- keeps publishing possible on a day for which nobody made a partition
create table outbox_published_default partition of outbox_published default;
`;

/** Until outbox-low-water-marks.ts. */
export const claim = `
create function outbox_claim(batch_size integer) returns setof outbox
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
-- a plan made while the outbox was empty would sort the whole backlog later: only the primary key's order is allowed
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
-- what is switched off counts as dear, and dear plans are compiled first: 9 ms for each claim instead of 0.3
set jit = off
as $$
declare
  candidate smallint;
  taken     integer := 0;
  found_now integer;
begin
  for candidate in select lane from generate_series(0, ${LANE_COUNT - 1}) as lane order by random() loop
    -- an empty lane is left unlocked, so that another relay may take what is committed there meanwhile
    continue when not exists (
      select from outbox o where o.lane = candidate and o.parked_at is null);
    continue when not pg_try_advisory_xact_lock(${LANE_LOCK}, candidate);
    -- a statement of its own, hence a snapshot taken after the lock: read in the statement that locks, a lane
    -- shows rows that its last holder has just published
    return query
      select o.* from outbox o
      where o.lane = candidate and o.parked_at is null
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
`;

const move = `
create function outbox_move_to_published(lanes smallint[], positions bigint[]) returns void
language plpgsql volatile
set search_path = pg_catalog, public, pg_temp
-- planned while the outbox was small, the delete would scan the whole backlog later: only the primary key is allowed
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
`;

/** Its parameters have changed since it landed. */
export const makePartitions = (parameters: string, today: string): string => `
create function outbox_published_make_partitions(${parameters}) returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  first_day constant date := (${today} at time zone 'utc')::date;
  day       date;
  name      text;
begin
  perform pg_advisory_xact_lock(${LANE_LOCK}, -1);
  for day in select first_day + n from generate_series(0, least(days_ahead, 31)) as n loop
    name := 'outbox_published_' || to_char(day, 'YYYYMMDD');
    continue when to_regclass('public.' || name) is not null;
    begin
      execute format('create table public.%I partition of public.outbox_published for values from (%L) to (%L)',
        name, day || ' 00:00+00', (day + 1) || ' 00:00+00');
    exception when check_violation then
      null; -- the default partition already holds rows of that day; they stay there
    end;
  end loop;
end $$;
`;

export const outboxUp = (appRole: string): string[] => [
  tables,
  claim,
  makePartitions('days_ahead integer', 'now()'),
  `grant select, insert, delete, update (attempts, parked_at, last_error) on outbox to ${appRole}`,
  `grant select, insert on outbox_published to ${appRole}`,
  'revoke all on function outbox_claim(integer) from public',
  'revoke all on function outbox_published_make_partitions(integer) from public',
  `grant execute on function outbox_claim(integer) to ${appRole}`,
  `grant execute on function outbox_published_make_partitions(integer) to ${appRole}`,
];

export const outboxDown = [
  'drop function outbox_published_make_partitions(integer)',
  'drop function outbox_claim(integer)',
  'drop table outbox_published',
  'drop table outbox',
];

/** Since 2026-11-27; before, the relay sent this statement itself. */
export const outboxMove = (appRole: string) => ({
  up: [
    move,
    'revoke all on function outbox_move_to_published(smallint[], bigint[]) from public',
    `grant execute on function outbox_move_to_published(smallint[], bigint[]) to ${appRole}`,
  ],
  down: ['drop function outbox_move_to_published(smallint[], bigint[])'],
});
