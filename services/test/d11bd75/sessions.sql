-- The database of sessions at commit d11bd75: what its migrations ran, in order. For the test of the adoption; goes with it.

create table migrations (id serial primary key, name varchar(255) not null, executed_at timestamptz not null default current_timestamp);

-- 0001-messaging

revoke create on schema public from public;
grant usage on schema public to sessions_app;
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
  constraint outbox_lane_exists check (lane between 0 and 15)
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
  for candidate in select lane from generate_series(0, 15) as lane order by random() loop
    -- an empty lane is left unlocked, so that another relay may take what is committed there meanwhile
    continue when not exists (
      select from outbox o where o.lane = candidate and o.parked_at is null);
    continue when not pg_try_advisory_xact_lock(1818324581, candidate);
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
create function outbox_published_make_partitions(days_ahead integer) returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  first_day constant date := (now() at time zone 'utc')::date;
  day       date;
  name      text;
begin
  perform pg_advisory_xact_lock(1818324581, -1);
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
grant select, insert, delete, update (attempts, parked_at, last_error) on outbox to sessions_app;
grant select, insert on outbox_published to sessions_app;
revoke all on function outbox_claim(integer) from public;
revoke all on function outbox_published_make_partitions(integer) from public;
grant execute on function outbox_claim(integer) to sessions_app;
grant execute on function outbox_published_make_partitions(integer) to sessions_app;
create table inbox (
  message_id   uuid not null,
  queue        text not null,   -- two queues of one service may each handle the same message
  content_hash bytea not null,  -- SHA-256 of what the message says; the same id with other content is a fault
  handled_at   timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  primary key (message_id, queue)
);
create table dead_letters (
  id            uuid primary key,
  message_id    text,            -- the AMQP messageId as it came; null if there was none
  type          text,
  reason        text not null,
  queue         text not null,
  exchange      text not null,
  routing_key   text not null,
  body          bytea not null,  -- bytes: jsonb and text refuse NUL, binary and deep nesting
  properties    text not null,   -- JSON
  headers       text not null,   -- JSON
  attempts      integer not null,
  times_seen    integer not null default 1,
  last_error    text,
  fingerprint   bytea not null,  -- the same poison again raises times_seen
  first_seen_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  last_seen_at  timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  tried_at      timestamptz,     -- delivery-limit only: handling was tried once more, alone, from here
  resolved_at   timestamptz,
  resolution    text,
  resolved_by   text,
  resolution_note text,
  constraint dead_letter_reason_is_known check (reason in ('malformed', 'unknown-type', 'unknown-version', 'schema-violation', 'id-mismatch', 'content-mismatch', 'forged-sender', 'handler-failed', 'delivery-limit', 'session-already-exists', 'session-id-taken')),
  constraint dead_letter_resolution_is_known check (resolution in ('handled', 'replayed', 'discarded')),
  constraint dead_letter_resolved_with_resolution check ((resolved_at is null) = (resolution is null))
);
create unique index dead_letter_open_once on dead_letters (fingerprint) where resolved_at is null;
create index dead_letter_open on dead_letters (last_seen_at) where resolved_at is null;
grant select, insert on inbox to sessions_app;
grant select, insert,
     update (attempts, times_seen, last_error, last_seen_at, tried_at, resolved_at, resolution, resolved_by, resolution_note)
     on dead_letters to sessions_app;
insert into migrations (name) values ('0001-messaging');

-- 0002-sessions

create table accepted_bookings (
  booking_id        uuid not null,
  session_id        uuid not null,  -- minted by the acceptance
  message_id        uuid not null,
  content_hash      bytea not null, -- SHA-256: the same message id with other content is a fault, however much later
  listing_id        uuid not null,
  mentor_profile_id uuid not null,
  mentee_user_id    uuid not null,
  start_time        timestamptz not null,
  end_time          timestamptz not null,
  accepted_at       timestamptz not null,
  accepted_by       uuid not null,

  constraint accepted_booking_once primary key (booking_id),
  constraint accepted_booking_session_once unique (session_id),
  constraint accepted_booking_message_once unique (message_id),
  constraint accepted_booking_as_sessions_refer_to_it unique
    (session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time),
  constraint accepted_booking_starts_before_it_ends check (start_time < end_time),
  constraint accepted_booking_times_are_finite check (isfinite(start_time) and isfinite(end_time)),
  constraint accepted_booking_hash_is_sha256 check (octet_length(content_hash) = 32)
);
create table sessions (
  id                uuid not null,
  booking_id        uuid not null,
  listing_id        uuid not null,
  mentor_profile_id uuid not null,
  mentee_user_id    uuid not null,
  start_time        timestamptz not null,
  end_time          timestamptz not null,
  status            text not null default 'scheduled',
  notes             text,
  metadata          jsonb not null default '{}',
  started_at        timestamptz,
  started_by        uuid,
  completed_at      timestamptz,
  completed_by      uuid,
  version           integer not null default 1,
  created_at        timestamptz not null default date_trunc('milliseconds', now()),
  updated_at        timestamptz not null default date_trunc('milliseconds', now()),

  constraint session_once primary key (id),
  constraint session_one_per_booking unique (booking_id),
  constraint session_is_as_its_booking foreign key
    (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time) references accepted_bookings
    (session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time),
  constraint session_status_is_known check (status in ('scheduled', 'in_progress', 'completed')),
  constraint session_metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),

  constraint session_started_unless_scheduled check (
    num_nulls(started_at, started_by) = case status when 'scheduled' then 2 else 0 end),
  constraint session_completion_recorded_when_completed check (
    num_nulls(completed_at, completed_by) = case status when 'completed' then 0 else 2 end),
  constraint session_not_completed_by_its_mentee check (completed_by <> mentee_user_id),
  constraint session_started_after_it_was_made check (started_at >= created_at),
  constraint session_completed_after_it_started check (completed_at >= started_at),
  constraint session_updated_at_its_last_transition check (
    updated_at = coalesce(completed_at, started_at, created_at))
);
create index session_by_mentor on sessions (mentor_profile_id, start_time, id, status);
create index session_by_mentee on sessions (mentee_user_id, start_time, id, status);
grant select, insert on accepted_bookings to sessions_app;
grant select,
     insert (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata),
     update (status, started_at, started_by, completed_at, completed_by, version, updated_at)
     on sessions to sessions_app;
create table session_transitions (
  session_id    uuid not null,
  from_status   text,            -- null at birth
  to_status     text not null,
  actor_user_id uuid not null,   -- of a birth: who accepted the booking
  at            timestamptz not null,
  constraint session_reaches_a_status_once primary key (session_id, to_status),
  constraint session_transition_follows_another foreign key (session_id, from_status)
    references session_transitions (session_id, to_status),
  constraint session_transition_is_known check (
    (coalesce(from_status, 'none'), to_status) in
      (('none', 'scheduled'), ('scheduled', 'in_progress'), ('in_progress', 'completed')))
);
grant select on session_transitions to sessions_app;
create function sessions_are_born() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from born where status <> 'scheduled' or version <> 1) then
    raise exception 'a session breaks session_is_born_scheduled'
      using errcode = 'check_violation', constraint = 'session_is_born_scheduled', table = 'sessions', schema = 'public';
  end if;
  insert into public.session_transitions (session_id, from_status, to_status, actor_user_id, at)
    select born.id, null, born.status, accepted.accepted_by, date_trunc('milliseconds', clock_timestamp())
    from born join public.accepted_bookings accepted using (booking_id);
  return null;
end $$;
create function session_moves() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  clock constant timestamptz := clock_timestamp();
  moved_at constant timestamptz := case new.status when 'completed' then new.completed_at else new.started_at end;
  moved_by constant uuid := case new.status when 'completed' then new.completed_by else new.started_by end;
  broken_rule constant text := case
    when (old.id, old.booking_id, old.listing_id, old.mentor_profile_id, old.mentee_user_id, old.start_time,
          old.end_time, old.notes, old.metadata, old.created_at) is distinct from
         (new.id, new.booking_id, new.listing_id, new.mentor_profile_id, new.mentee_user_id, new.start_time,
          new.end_time, new.notes, new.metadata, new.created_at) then 'session_terms_never_change'
    when (old.status, new.status) not in (('scheduled', 'in_progress'), ('in_progress', 'completed'))
      then 'session_follows_its_lifecycle'
    when new.version <> old.version + 1 then 'session_version_advances_by_one'
    when old.status = 'in_progress' and (old.started_at, old.started_by) is distinct from
         (new.started_at, new.started_by) then 'session_start_is_recorded_once'
    when moved_at < clock - interval '1 minute'
      -- a clock that was set back must not stop the world: the time before is the least that a transition may carry
      or moved_at > greatest(clock, old.updated_at)
      or moved_at <> date_trunc('milliseconds', moved_at) then 'session_moves_now'
  end;
begin
  if broken_rule is not null then
    raise exception 'session % breaks %', old.id, broken_rule
      using errcode = 'check_violation', constraint = broken_rule, table = 'sessions', schema = 'public';
  end if;
  insert into public.session_transitions (session_id, from_status, to_status, actor_user_id, at)
    values (new.id, old.status, new.status, moved_by, date_trunc('milliseconds', clock));
  return null;
end $$;
revoke all on function sessions_are_born(), session_moves() from public;
create trigger sessions_are_born after insert on sessions
     referencing new table as born for each statement execute function sessions_are_born();
create trigger session_moves after update on sessions for each row execute function session_moves();
insert into migrations (name) values ('0002-sessions');

-- 0003-idempotency-keys

create table idempotency_keys (
  user_id      uuid not null,    -- sub of the caller: everybody has keys of their own
  key          text not null,
  request_hash bytea not null,   -- SHA-256 over method, path and canonical body
  asked_by     json not null,    -- the caller as the token said then; what they may do is in the answer
  answer       json not null,    -- the row that the answer was made of, as it was at the commit
  kept_at      timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  constraint idempotency_key_once primary key (user_id, key),
  constraint idempotency_key_is_short check (char_length(key) between 1 and 255)
);
create index idempotency_key_by_age on idempotency_keys (kept_at);
grant select, insert, delete on idempotency_keys to sessions_app;
insert into migrations (name) values ('0003-idempotency-keys');

-- 0004-operations

create table operator_actions (
  id       bigint generated always as identity,
  at       timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  operator text not null,                      -- who, as they called themselves
  login    text not null default session_user, -- and as the database knows them
  action   text not null,
  reason   text not null,
  subject  jsonb not null,                     -- on what
  constraint operator_action_once primary key (id),
  constraint operator_action_says_who check (operator ~ '\S'),
  constraint operator_action_says_why check (reason ~ '\S')
);
create table replays (
  id             bigint generated always as identity,
  dead_letter_id uuid not null,
  queue          text not null,
  requested_at   timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  requested_by   text not null,
  reason         text not null,
  tries          integer not null default 0, -- counted before each: a message that ends its process shows here
  finished_at    timestamptz,
  outcome        text,
  detail         text,                       -- dead: the new reason, and what was said of it
  constraint replay_once primary key (id),
  constraint replay_is_of_a_dead_letter foreign key (dead_letter_id) references dead_letters (id),
  constraint replay_outcome_is_known check (outcome in ('handled', 'duplicate', 'dead', 'withdrawn')),
  constraint replay_finished_with_outcome check ((finished_at is null) = (outcome is null))
);
create unique index replay_waits_once on replays (dead_letter_id) where finished_at is null;
create index replay_of_dead_letter on replays (dead_letter_id);
create index replay_waiting on replays (queue, id) where finished_at is null;
create table workers (
  id              uuid not null,
  roles           text[] not null,
  host            text not null,
  pid             integer not null,
  version         text not null,
  started_at      timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  seen_at         timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  stopped_at      timestamptz,
  in_flight       integer not null default 0,
  last_message_at timestamptz,
  paused          text[] not null default '{}', -- of its roles, those that stand still
  constraint worker_once primary key (id)
);
create table paused_workers (
  target    text not null, -- a role, or the id of one worker
  paused_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  paused_by text not null,
  reason    text not null,
  constraint worker_paused_once primary key (target)
);
create function dead_letters_replay(letters uuid[], act_by text, act_reason text) returns setof bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query
    insert into replays (dead_letter_id, queue, requested_by, reason)
    select l.id, l.queue, act_by, act_reason
    from unnest(letters) with ordinality as asked (id, place) join dead_letters l using (id)
    where l.resolved_at is null order by place
    on conflict (dead_letter_id) where finished_at is null do nothing
    returning replays.id;
  insert into operator_actions (operator, action, reason, subject) values (act_by, 'dead-letters replay', act_reason, jsonb_build_object('deadLetters', letters));
  perform pg_notify('operations', 'replays');
end $$;
create function dead_letters_discard(letters uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update replays set finished_at = date_trunc('milliseconds', clock_timestamp()), outcome = 'withdrawn', detail = 'discarded'
    where dead_letter_id = any(letters) and finished_at is null;
  return query
    update dead_letters set resolved_at = date_trunc('milliseconds', clock_timestamp()), resolution = 'discarded', resolved_by = act_by, resolution_note = act_reason
    where id = any(letters) and resolved_at is null returning id;
  insert into operator_actions (operator, action, reason, subject) values (act_by, 'dead-letters discard', act_reason, jsonb_build_object('deadLetters', letters));
end $$;
create function outbox_unpark(messages uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query
    update outbox set parked_at = null, attempts = 0, last_error = null
    where message_id = any(messages) and parked_at is not null returning message_id;
  insert into operator_actions (operator, action, reason, subject) values (act_by, 'outbox unpark', act_reason, jsonb_build_object('messages', messages));
  perform pg_notify('outbox', '');
end $$;
create function outbox_drop(messages uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  -- what is dropped was never published: the record is the only place that has it still
  insert into operator_actions (operator, action, reason, subject) values (act_by, 'outbox drop', act_reason, jsonb_build_object('messages', (select jsonb_agg(envelope) from outbox
      where message_id = any(messages) and parked_at is not null)));
  return query delete from outbox where message_id = any(messages) and parked_at is not null returning message_id;
  perform pg_notify('outbox', '');
end $$;
create function workers_pause(what text, act_by text, act_reason text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if what not in ('relay', 'consumer') and not exists (select from workers where id::text = what) then
    raise exception 'neither a role that can be paused nor a worker: %', what using errcode = 'no_data_found';
  end if;
  insert into paused_workers (target, paused_by, reason) values (what, act_by, act_reason) on conflict do nothing;
  insert into operator_actions (operator, action, reason, subject) values (act_by, 'workers pause', act_reason, jsonb_build_object('target', what));
  perform pg_notify('operations', 'workers');
end $$;
create function workers_resume(what text, act_by text, act_reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  delete from paused_workers where target = what;
  if not found then return false; end if;
  insert into operator_actions (operator, action, reason, subject) values (act_by, 'workers resume', act_reason, jsonb_build_object('target', what));
  perform pg_notify('operations', 'workers');
  return true;
end $$;
revoke all on function dead_letters_replay(uuid[], text, text) from public;
revoke all on function dead_letters_discard(uuid[], text, text) from public;
revoke all on function outbox_unpark(uuid[], text, text) from public;
revoke all on function outbox_drop(uuid[], text, text) from public;
revoke all on function workers_pause(text, text, text) from public;
revoke all on function workers_resume(text, text, text) from public;
grant execute on function dead_letters_replay(uuid[], text, text) to sessions_operator;
grant execute on function dead_letters_discard(uuid[], text, text) to sessions_operator;
grant execute on function outbox_unpark(uuid[], text, text) to sessions_operator;
grant execute on function outbox_drop(uuid[], text, text) to sessions_operator;
grant execute on function workers_pause(text, text, text) to sessions_operator;
grant execute on function workers_resume(text, text, text) to sessions_operator;
grant usage on schema public to sessions_operator;
grant select on outbox, outbox_published, inbox, dead_letters, replays, workers, paused_workers, operator_actions
       to sessions_operator;
grant insert (operator, action, reason, subject) on operator_actions to sessions_operator;
grant select, update (tries, finished_at, outcome, detail) on replays to sessions_app;
grant select, insert, update on workers to sessions_app;
grant select on paused_workers to sessions_app;
grant select (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, status,
  started_at, started_by, completed_at, completed_by, version, created_at, updated_at) on sessions to sessions_operator;
grant select on accepted_bookings, session_transitions to sessions_operator;
insert into migrations (name) values ('0004-operations');

-- 0005-reports

grant usage on schema public to reports;
grant select (id, booking_id, mentor_profile_id, start_time, end_time, status, started_at, completed_at, created_at) on sessions to reports;
grant select (booking_id, session_id, mentor_profile_id, accepted_at) on accepted_bookings to reports;
insert into migrations (name) values ('0005-reports');

-- 0006-retention

create index inbox_by_age on inbox (handled_at);
drop function outbox_published_make_partitions(integer);
create function outbox_published_make_partitions(days_ahead integer, at timestamptz default now()) returns void
language plpgsql security definer
set search_path = pg_catalog, public, pg_temp
as $$
declare
  first_day constant date := (at at time zone 'utc')::date;
  day       date;
  name      text;
begin
  perform pg_advisory_xact_lock(1818324581, -1);
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
revoke all on function outbox_published_make_partitions from public;
grant execute on function outbox_published_make_partitions to sessions_app;
create function outbox_published_drop_days(at timestamptz, keep interval) returns setof text language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- a drop waits for whoever reads the table, and whoever comes then waits for the drop: rather give up and try again
set lock_timeout = '1s'
as $$
declare
  old record;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  for old in
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'outbox_published'::regclass and c.relname ~ '^outbox_published_\d{8}$'
      and (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamp at time zone 'utc' <= at - keep
    order by 1
  loop
    execute format('drop table public.%I', old.name);
    return next old.name;
  end loop;
end $$;
create function outbox_published_forget_stray(at timestamptz, keep interval, batch integer) returns integer language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- a drop waits for whoever reads the table, and whoever comes then waits for the drop: rather give up and try again
set lock_timeout = '1s'
as $$
declare
  gone integer;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  delete from outbox_published_default where ctid = any(array(
    select ctid from outbox_published_default where published_at < at - keep order by published_at limit batch for update skip locked));
  get diagnostics gone = row_count;
  return gone;
end $$;
create function inbox_forget(at timestamptz, keep interval, batch integer) returns integer language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- a drop waits for whoever reads the table, and whoever comes then waits for the drop: rather give up and try again
set lock_timeout = '1s'
as $$
declare
  gone integer;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  delete from inbox where ctid = any(array(
    select ctid from inbox where handled_at < at - keep order by handled_at limit batch for update skip locked));
  get diagnostics gone = row_count;
  return gone;
end $$;
create function workers_forget(at timestamptz, keep interval, batch integer) returns integer language plpgsql security definer set search_path = pg_catalog, public, pg_temp
-- a drop waits for whoever reads the table, and whoever comes then waits for the drop: rather give up and try again
set lock_timeout = '1s'
as $$
declare
  gone integer;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  delete from workers where ctid = any(array(
    select ctid from workers where seen_at < at - keep order by seen_at limit batch for update skip locked));
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke all on function outbox_published_drop_days(timestamptz, interval) from public;
revoke all on function outbox_published_forget_stray(timestamptz, interval, integer) from public;
revoke all on function inbox_forget(timestamptz, interval, integer) from public;
revoke all on function workers_forget(timestamptz, interval, integer) from public;
grant usage on schema public to sessions_retention;
grant execute on function outbox_published_drop_days(timestamptz, interval) to sessions_retention;
grant execute on function outbox_published_forget_stray(timestamptz, interval, integer) to sessions_retention;
grant execute on function inbox_forget(timestamptz, interval, integer) to sessions_retention;
grant execute on function workers_forget(timestamptz, interval, integer) to sessions_retention;
create function idempotency_keys_forget(at timestamptz, keep interval, batch integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  gone integer;
begin
  if keep < interval '1 hour' then raise exception 'kept for less than an hour: %', keep; end if;
  delete from idempotency_keys where ctid = any(array(
    select ctid from idempotency_keys where kept_at < at - keep order by kept_at limit batch for update skip locked));
  get diagnostics gone = row_count;
  return gone;
end $$;
revoke all on function idempotency_keys_forget(timestamptz, interval, integer) from public;
grant execute on function idempotency_keys_forget(timestamptz, interval, integer) to sessions_retention;
insert into migrations (name) values ('0006-retention');

-- 0007-inbox-vacuum

alter table inbox set (autovacuum_vacuum_scale_factor = 0.02);
insert into migrations (name) values ('0007-inbox-vacuum');

-- 0008-outbox-move

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
revoke all on function outbox_move_to_published(smallint[], bigint[]) from public;
grant execute on function outbox_move_to_published(smallint[], bigint[]) to sessions_app;
insert into migrations (name) values ('0008-outbox-move');

-- 0009-outbox-low-water-marks

drop function outbox_claim(integer);
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
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
-- what is switched off counts as dear, and dear plans are compiled first: 9 ms for each claim instead of 0.3
set jit = off
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
  for candidate in select lane from generate_series(0, 15) as lane order by random() loop
    mark := coalesce(low_water_marks[candidate + 1], 0);
    -- an empty lane is left unlocked, so that another relay may take what is committed there meanwhile
    continue when not exists (
      select from outbox o where o.lane = candidate and o.position >= mark and o.parked_at is null);
    continue when not pg_try_advisory_xact_lock(1818324581, candidate);
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
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
-- what is switched off counts as dear, and dear plans are compiled first: 9 ms for each claim instead of 0.3
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
revoke all on function outbox_life() from public;
revoke all on function outbox_horizon() from public;
revoke all on function outbox_claim(integer, bigint[], text) from public;
revoke all on function outbox_low_water_marks(bigint[], bigint, boolean) from public;
grant execute on function outbox_life() to sessions_app;
grant execute on function outbox_horizon() to sessions_app;
grant execute on function outbox_claim(integer, bigint[], text) to sessions_app;
grant execute on function outbox_low_water_marks(bigint[], bigint, boolean) to sessions_app;
insert into migrations (name) values ('0009-outbox-low-water-marks');
