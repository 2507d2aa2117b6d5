import { appRole } from '../roles.ts';

/** Written by the triggers alone. Each row but the first starts where an earlier one ended: the chain has no gap. */
const audit = `
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
)`;

// The triggers run AFTER: a BEFORE trigger would audit a row that "on conflict do nothing" then leaves out.
// SECURITY DEFINER, because only the owner may write the audit; the search path is pinned, so that nobody can slip in
// a table or an operator of their own. A broken rule is raised like a broken constraint: 23514 with the rule's name.

/** For each statement, not each row: the consumer schedules by the hundred. Foreign keys are checked before it. */
const birth = `
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
end $$`;

const transition = `
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
end $$`;

export const sessionGuards = [
  audit,
  `grant select on session_transitions to ${appRole}`,
  birth,
  transition,
  'revoke all on function sessions_are_born(), session_moves() from public',
  `create trigger sessions_are_born after insert on sessions
     referencing new table as born for each statement execute function sessions_are_born()`,
  'create trigger session_moves after update on sessions for each row execute function session_moves()',
];

/** After the table is dropped, and its triggers with it. */
export const sessionGuardsDown = [
  'drop function session_moves()',
  'drop function sessions_are_born()',
  'drop table session_transitions',
];
