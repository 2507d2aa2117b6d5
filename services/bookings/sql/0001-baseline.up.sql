-- The database of bookings. psql understands this file; the migrator reads it the same way: \set gives a value, :name
-- uses it, \ir includes a file.
--
-- Expected of the administrator (docs/for-operators.md): the database belongs to bookings_owner, which runs this file and
-- owns everything in it. The other roles exist, own nothing, and are no members of the owner:
--   bookings_app        the service; may do what is granted here
--   bookings_operator   operators' tools; reads no notes and no metadata, acts through functions that record who and why
--   bookings_retention  the retention job; removes old rows through functions
--   reports             reads columns that name no person but the mentor's profile
\set app bookings_app
\set operator bookings_operator
\set retention bookings_retention

revoke create on schema public from public;
grant usage on schema public to bookings_app, bookings_operator, bookings_retention, reports;

-- no connection and no temporary tables for other roles of the server; only the owner of the database can say so
do $$ begin
  if (select datdba from pg_database where datname = current_database()) = current_user::regrole then
    execute format('grant connect on database %I to bookings_app, bookings_operator, bookings_retention, reports', current_database());
    execute format('revoke all on database %I from public', current_database());
  end if;
end $$;

-- GiST compares no uuid without it. Trusted since PostgreSQL 13: the owner of the database may create it.
create extension if not exists btree_gist;


-- tables and functions of the libraries

\ir ../../../libs/messaging/sql/outbox.sql
\ir ../../../libs/messaging/sql/outbox-functions.sql
\ir ../../../libs/messaging/sql/inbox.sql
\ir ../../../libs/messaging/sql/operations.sql
\ir ../../../libs/messaging/sql/emissions.sql
\ir ../../../libs/messaging/sql/operators.sql
\ir ../../../libs/messaging/sql/retention.sql
\ir ../../../libs/service-kit/sql/idempotency.sql

-- the library's reasons, and the last one of this service
alter table dead_letters drop constraint dead_letter_reason_is_known, add constraint dead_letter_reason_is_known check (reason in (
  'malformed', 'too-large', 'unknown-type', 'unknown-version', 'schema-violation', 'id-mismatch', 'content-mismatch',
  'forged-sender', 'handler-failed', 'delivery-limit', 'expired', 'queue-full', 'rejected', 'sent-to-dead-queue',
  'unknown-booking'));


-- bookings

create table bookings (
  id                  uuid not null,
  listing_id          uuid not null,  -- listings, profiles and users belong to other systems: ids without foreign keys
  mentor_profile_id   uuid not null,
  mentee_user_id      uuid not null,
  start_time          timestamptz not null,
  end_time            timestamptz not null,
  status              text not null default 'draft',
  session_id          uuid,           -- chosen by the acceptance, so that the client and the event have it at once
  accepted_message_id uuid,           -- of the booking.accepted event; never changes
  decided_at          timestamptz,
  decided_by          uuid,
  notes               text,
  metadata            jsonb not null default '{}',
  version             integer not null default 1,
  created_at          timestamptz not null default date_trunc('milliseconds', now()),
  updated_at          timestamptz not null default date_trunc('milliseconds', now()),

  constraint booking_once primary key (id),
  constraint booking_session_minted_once unique (session_id),
  constraint booking_message_minted_once unique (accepted_message_id),
  constraint booking_as_its_session_refers_to_it unique (id, session_id),
  constraint booking_status_is_known check (status in ('draft', 'accepted', 'declined', 'cancelled')),
  constraint booking_starts_before_it_ends check (start_time < end_time),
  constraint booking_times_are_whole_milliseconds check (
    isfinite(start_time) and date_trunc('milliseconds', start_time) = start_time and
    isfinite(end_time) and date_trunc('milliseconds', end_time) = end_time),
  constraint booking_notes_are_short check (char_length(notes) <= 2000),
  constraint booking_metadata_is_an_object check (jsonb_typeof(metadata) = 'object'),

  constraint booking_decided_unless_draft check (
    num_nulls(decided_at, decided_by) = case status when 'draft' then 2 else 0 end),
  constraint booking_session_comes_with_acceptance check (
    num_nulls(session_id, accepted_message_id) = case status when 'accepted' then 0 else 2 end),
  constraint booking_not_accepted_by_its_mentee check (status <> 'accepted' or decided_by <> mentee_user_id),
  constraint booking_accepted_before_it_ends check (status <> 'accepted' or decided_at < end_time),
  constraint booking_cancelled_by_its_mentee check (status <> 'cancelled' or decided_by = mentee_user_id),
  constraint booking_decided_after_it_was_made check (decided_at >= created_at),
  constraint booking_updated_when_decided check (updated_at = coalesce(decided_at, created_at)),

  -- [start, end): back to back is fine; requests may overlap, accepted bookings may not
  constraint mentor_never_double_booked exclude using gist (
    mentor_profile_id with =, tstzrange(start_time, end_time, '[)') with &&) where (status = 'accepted')
);

-- One index per person serves both lists: id ends the keyset, status after it filters without reading the row.
create index booking_by_mentor on bookings (mentor_profile_id, start_time, id, status);
create index booking_by_mentee on bookings (mentee_user_id, start_time, id, status);
create index booking_by_acceptance on bookings (decided_at) where status = 'accepted';

-- Column by column: status and version of a new booking come from their defaults, and its terms never change.
grant select,
  insert (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata),
  update (status, session_id, accepted_message_id, decided_at, decided_by, version, updated_at)
  on bookings to bookings_app;


-- the audit of bookings, written by triggers only
--
-- Triggers run AFTER: a BEFORE trigger would record a row that "on conflict do nothing" then skips. SECURITY DEFINER,
-- because only the owner may write the audit; the search path is pinned, so that no one can slip in a table or an
-- operator of their own. A broken rule raises what a broken constraint raises: 23514 with the name of the rule.

-- Each row but the first starts where an earlier one ended: there are no gaps.
create table booking_transitions (
  booking_id    uuid not null,
  from_status   text,            -- null when the booking was created
  to_status     text not null,
  actor_user_id uuid not null,
  at            timestamptz not null,

  constraint booking_reaches_a_status_once primary key (booking_id, to_status),
  constraint booking_transition_follows_another foreign key (booking_id, from_status)
    references booking_transitions (booking_id, to_status),
  constraint booking_transition_is_known check (
    (coalesce(from_status, 'none'), to_status) in
      (('none', 'draft'), ('draft', 'accepted'), ('draft', 'declined'), ('draft', 'cancelled')))
);

grant select on booking_transitions to bookings_app;

create function booking_is_born() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  broken_rule constant text := case
    when new.status <> 'draft' or new.version <> 1 then 'booking_is_born_a_draft'
    when new.start_time < date_trunc('milliseconds', now()) then 'booking_starts_in_the_future'
  end;
begin
  if broken_rule is not null then
    raise exception 'booking % breaks %', new.id, broken_rule
      using errcode = 'check_violation', constraint = broken_rule, table = 'bookings', schema = 'public';
  end if;
  insert into public.booking_transitions (booking_id, from_status, to_status, actor_user_id, at)
    values (new.id, null, new.status, new.mentee_user_id, date_trunc('milliseconds', clock_timestamp()));
  return null;
end $$;

create function booking_moves() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  clock constant timestamptz := clock_timestamp();
  broken_rule constant text := case
    when (old.id, old.listing_id, old.mentor_profile_id, old.mentee_user_id, old.start_time, old.end_time,
          old.notes, old.metadata, old.created_at) is distinct from
         (new.id, new.listing_id, new.mentor_profile_id, new.mentee_user_id, new.start_time, new.end_time,
          new.notes, new.metadata, new.created_at) then 'booking_terms_never_change'
    when (old.status, new.status) not in (('draft', 'accepted'), ('draft', 'declined'), ('draft', 'cancelled'))
      then 'booking_follows_its_lifecycle'
    when new.version <> old.version + 1 then 'booking_version_advances_by_one'
    when new.decided_at < clock - interval '1 minute'
      -- a clock that was set back must not stop the world: the time before is the least that a decision may carry
      or new.decided_at > greatest(clock, old.updated_at)
      or new.decided_at <> date_trunc('milliseconds', new.decided_at) then 'booking_is_decided_now'
  end;
begin
  if broken_rule is not null then
    raise exception 'booking % breaks %', old.id, broken_rule
      using errcode = 'check_violation', constraint = broken_rule, table = 'bookings', schema = 'public';
  end if;
  insert into public.booking_transitions (booking_id, from_status, to_status, actor_user_id, at)
    values (new.id, old.status, new.status, new.decided_by, date_trunc('milliseconds', clock));
  return null;
end $$;

revoke all on function booking_is_born(), booking_moves() from public;

create trigger booking_is_born after insert on bookings for each row execute function booking_is_born();
create trigger booking_moves after update on bookings for each row execute function booking_moves();


-- what became of accepted bookings

-- As the last event of the sessions service reported it.
create table booking_sessions (
  booking_id uuid not null,
  session_id uuid not null,
  status     text not null,
  sequence   integer not null,     -- of the event; only a higher one replaces it
  at         timestamptz not null, -- when it happened, by the clock of the sessions database

  constraint booking_has_one_session primary key (booking_id),
  constraint booking_session_is_as_accepted foreign key (booking_id, session_id) references bookings (id, session_id),
  constraint booking_session_status_is_known check (status in ('scheduled', 'in_progress', 'completed')),
  constraint booking_session_sequence_is_positive check (sequence > 0),
  constraint booking_session_time_is_finite check (isfinite(at))
);

grant select, insert, update (status, sequence, at) on booking_sessions to bookings_app;

-- Accepted bookings without a known session. Few, so that finding them is cheap, however many the others are. Triggers
-- insert and delete the rows; the reminder updates them.
create table awaited_sessions (
  booking_id  uuid not null,
  accepted_at timestamptz not null,
  attempts    integer not null default 0,         -- how often booking.accepted was sent again
  tried_at    timestamptz,
  given_up_at timestamptz,                        -- an operator must act
  checked_at  timestamptz not null default now(), -- when the reminder last found the event on its way, or sent it again

  constraint session_is_awaited_once primary key (booking_id),
  constraint awaited_session_attempts_are_counted check (
    attempts >= 0 and (tried_at is null) = (attempts = 0) and (given_up_at is null or attempts > 0))
);

create index awaited_session_by_age on awaited_sessions (accepted_at);
create index awaited_session_due on awaited_sessions (attempts, checked_at) where given_up_at is null;
create index awaited_session_given_up on awaited_sessions (given_up_at) where given_up_at is not null;

grant select, update (attempts, tried_at, given_up_at, checked_at) on awaited_sessions to bookings_app;

create function session_is_awaited() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.awaited_sessions (booking_id, accepted_at) values (new.id, new.decided_at);
  return null;
end $$;

create function booking_sessions_are_told() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.awaited_sessions using told where awaited_sessions.booking_id = told.booking_id;
  return null;
end $$;

create function booking_session_moves() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  lifecycle constant text[] := array['scheduled', 'in_progress', 'completed'];
  broken_rule constant text := case
    when (old.booking_id, old.session_id) is distinct from (new.booking_id, new.session_id)
      then 'booking_session_never_changes'
    when new.sequence <= old.sequence then 'booking_session_sequence_only_rises'
    when array_position(lifecycle, new.status) <= array_position(lifecycle, old.status)
      then 'booking_session_status_only_advances'
  end;
begin
  if broken_rule is not null then
    raise exception 'the session of booking % breaks %', old.booking_id, broken_rule
      using errcode = 'check_violation', constraint = broken_rule, table = 'booking_sessions', schema = 'public';
  end if;
  return null;
end $$;

revoke all on function session_is_awaited(), booking_sessions_are_told(), booking_session_moves() from public;

create trigger booking_is_accepted after update on bookings
  for each row when (new.status = 'accepted' and old.status <> 'accepted') execute function session_is_awaited();

-- for each statement, not each row: the consumer inserts by the hundred
create trigger booking_sessions_are_told after insert on booking_sessions
  referencing new table as told for each statement execute function booking_sessions_are_told();

create trigger booking_session_moves after update on booking_sessions
  for each row execute function booking_session_moves();


-- operators: all but notes and metadata, which are private to the two people

grant select (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, status, session_id,
    accepted_message_id, decided_at, decided_by, version, created_at, updated_at)
  on bookings to bookings_operator;
grant select on booking_transitions, booking_sessions, awaited_sessions to bookings_operator;

-- Starts the reminder again for these bookings, at once; it sends by its own rules.
create function awaited_sessions_remind(bookings uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query
    update awaited_sessions set attempts = 0, tried_at = null, given_up_at = null, checked_at = accepted_at
    where booking_id = any(bookings) returning booking_id;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'reconcile', act_reason, jsonb_build_object('bookings', bookings));
end $$;

revoke all on function awaited_sessions_remind(uuid[], text, text) from public;
grant execute on function awaited_sessions_remind(uuid[], text, text) to bookings_operator;


-- reports: no people but the mentor's profile, no notes, no metadata

grant select (id, mentor_profile_id, start_time, end_time, status, session_id, decided_at, created_at)
  on bookings to reports;
grant select on booking_sessions, awaited_sessions to reports;
