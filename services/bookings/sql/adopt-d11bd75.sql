-- Brings a database of commit d11bd75 to the baseline, with its rows. Runs instead of 0001-baseline.up.sql when the
-- catalogue is exactly that of d11bd75 (src/migrate.ts). To be removed after the first release.
\set app bookings_app
\set operator bookings_operator
\set retention bookings_retention

delete from migrations; -- the migrator then writes the baseline

\ir ../../../libs/messaging/sql/adopt-d11bd75.sql

alter table dead_letters drop constraint dead_letter_reason_is_known, add constraint dead_letter_reason_is_known check (reason in (
  'malformed', 'too-large', 'unknown-type', 'unknown-version', 'schema-violation', 'id-mismatch', 'content-mismatch',
  'forged-sender', 'handler-failed', 'delivery-limit', 'expired', 'queue-full', 'rejected', 'sent-to-dead-queue',
  'unknown-booking'));

alter table awaited_sessions add column checked_at timestamptz not null default now();
create index awaited_session_due on awaited_sessions (attempts, checked_at) where given_up_at is null;
create index awaited_session_given_up on awaited_sessions (given_up_at) where given_up_at is not null;
grant update (checked_at) on awaited_sessions to bookings_app;

create or replace function awaited_sessions_remind(bookings uuid[], act_by text, act_reason text) returns setof uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query
    update awaited_sessions set attempts = 0, tried_at = null, given_up_at = null, checked_at = accepted_at
    where booking_id = any(bookings) returning booking_id;
  insert into operator_actions (operator, action, reason, subject)
    values (act_by, 'reconcile', act_reason, jsonb_build_object('bookings', bookings));
end $$;

do $$ begin
  if (select datdba from pg_database where datname = current_database()) = current_user::regrole then
    execute format('grant connect on database %I to bookings_app, bookings_operator, bookings_retention, reports', current_database());
    execute format('revoke all on database %I from public', current_database());
  end if;
end $$;
