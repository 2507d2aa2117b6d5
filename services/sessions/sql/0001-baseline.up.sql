-- The database of sessions. psql understands this file; the migrator reads it the same way: \set gives a value, :name
-- uses it, \ir includes a file.
--
-- Expected of the administrator (docs/for-operators.md): the database belongs to sessions_owner, which runs this file and
-- owns everything in it. The other roles exist, own nothing, and are no members of the owner:
--   sessions_app        the service; may do what is granted here
--   sessions_operator   operators' tools; reads no notes and no metadata, acts through functions that record who and why
--   sessions_retention  the retention job; removes old rows through functions
--   reports             reads columns that name no person but the mentor's profile
\set app sessions_app
\set operator sessions_operator
\set retention sessions_retention

revoke create on schema public from public;
grant usage on schema public to sessions_app, sessions_operator, sessions_retention, reports;

-- no connection and no temporary tables for other roles of the server; only the owner of the database can say so
do $$ begin
  if (select datdba from pg_database where datname = current_database()) = current_user::regrole then
    execute format('grant connect on database %I to sessions_app, sessions_operator, sessions_retention, reports', current_database());
    execute format('revoke all on database %I from public', current_database());
  end if;
end $$;


-- tables and functions of the libraries

\ir ../../../libs/messaging/sql/outbox.sql
\ir ../../../libs/messaging/sql/outbox-functions.sql
\ir ../../../libs/messaging/sql/inbox.sql
\ir ../../../libs/messaging/sql/operations.sql
\ir ../../../libs/messaging/sql/emissions.sql
\ir ../../../libs/messaging/sql/operators.sql
\ir ../../../libs/messaging/sql/retention.sql
\ir ../../../libs/service-kit/sql/idempotency.sql

-- the library's reasons, and the last two of this service
alter table dead_letters drop constraint dead_letter_reason_is_known, add constraint dead_letter_reason_is_known check (reason in (
  'malformed', 'too-large', 'unknown-type', 'unknown-version', 'schema-violation', 'id-mismatch', 'content-mismatch',
  'forged-sender', 'handler-failed', 'delivery-limit', 'expired', 'queue-full', 'rejected', 'sent-to-dead-queue',
  'session-already-exists', 'session-id-taken'));


-- accepted bookings

-- What booking.accepted said, kept permanently. It outlasts the inbox as the protection against duplicates, and it is
-- the only way into `sessions`.
create table accepted_bookings (
  booking_id        uuid not null,
  session_id        uuid not null,  -- chosen by the acceptance
  message_id        uuid not null,
  content_hash      bytea not null, -- SHA-256: the same message id with other content is an error, however late
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

grant select, insert on accepted_bookings to sessions_app;


-- sessions

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

-- One index per person serves both lists: id ends the keyset, status after it filters without reading the row.
create index session_by_mentor on sessions (mentor_profile_id, start_time, id, status);
create index session_by_mentee on sessions (mentee_user_id, start_time, id, status);

-- Column by column: status and version of a new session come from their defaults, and its terms never change.
grant select,
  insert (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata),
  update (status, started_at, started_by, completed_at, completed_by, version, updated_at)
  on sessions to sessions_app;


-- the audit of sessions, written by triggers only
--
-- Triggers run AFTER: a BEFORE trigger would record a row that "on conflict do nothing" then skips. SECURITY DEFINER,
-- because only the owner may write the audit; the search path is pinned, so that no one can slip in a table or an
-- operator of their own. A broken rule raises what a broken constraint raises: 23514 with the name of the rule.

-- Each row but the first starts where an earlier one ended: there are no gaps.
create table session_transitions (
  session_id    uuid not null,
  from_status   text,            -- null when the session was created
  to_status     text not null,
  actor_user_id uuid not null,   -- of a new session: who accepted the booking
  at            timestamptz not null,

  constraint session_reaches_a_status_once primary key (session_id, to_status),
  constraint session_transition_follows_another foreign key (session_id, from_status)
    references session_transitions (session_id, to_status),
  constraint session_transition_is_known check (
    (coalesce(from_status, 'none'), to_status) in
      (('none', 'scheduled'), ('scheduled', 'in_progress'), ('in_progress', 'completed')))
);

-- for comparing what has changed since a time; rows are added in this order, so that the index costs an insert little
create index session_transition_by_time on session_transitions (at);

grant select on session_transitions to sessions_app;

-- Foreign keys are checked before this runs, so that every session has its accepted booking.
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

-- for each statement, not each row: the consumer inserts by the hundred
create trigger sessions_are_born after insert on sessions
  referencing new table as born for each statement execute function sessions_are_born();

create trigger session_moves after update on sessions for each row execute function session_moves();


-- counts for metrics and operators: exact up to 32 MB; beyond that from the planner's statistics, which ANALYZE renews

create function sessions_by_status(out status text, out count float8) returns setof record
language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
begin
  if pg_relation_size('sessions') > 32 * 1024 * 1024 then
    return query
      select known.status, known.share * greatest(c.reltuples, 0)
      from pg_class c join pg_stats s on s.schemaname = 'public' and s.tablename = 'sessions' and s.attname = 'status',
        unnest(s.most_common_vals::text::text[], s.most_common_freqs::float8[]) as known(status, share)
      where c.oid = 'sessions'::regclass;
    if found then return; end if;
  end if;
  return query select s.status, pg_catalog.count(*)::float8 from sessions s group by s.status;
end $$;

revoke all on function sessions_by_status() from public;
grant execute on function sessions_by_status() to sessions_app, sessions_operator;


-- operators: all but notes and metadata, which are private to the two people

grant select (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, status,
    started_at, started_by, completed_at, completed_by, version, created_at, updated_at)
  on sessions to sessions_operator;
grant select on accepted_bookings, session_transitions to sessions_operator;


-- reports: no people but the mentor's profile, no notes, no metadata

grant select (id, booking_id, mentor_profile_id, start_time, end_time, status, started_at, completed_at, created_at)
  on sessions to reports;
grant select (booking_id, session_id, mentor_profile_id, accepted_at) on accepted_bookings to reports;
