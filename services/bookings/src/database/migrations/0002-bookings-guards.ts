import { appRole } from '../roles.ts';

/** Written by the triggers alone. Each row but the first starts where an earlier one ended: the chain has no gap. */
const audit = `
create table booking_transitions (
  booking_id    uuid not null,
  from_status   text,            -- null at birth
  to_status     text not null,
  actor_user_id uuid not null,
  at            timestamptz not null,
  constraint booking_reaches_a_status_once primary key (booking_id, to_status),
  constraint booking_transition_follows_another foreign key (booking_id, from_status)
    references booking_transitions (booking_id, to_status),
  constraint booking_transition_is_known check (
    (coalesce(from_status, 'none'), to_status) in
      (('none', 'draft'), ('draft', 'accepted'), ('draft', 'declined'), ('draft', 'cancelled')))
)`;

// The triggers run AFTER: a BEFORE trigger would audit a row that "on conflict do nothing" then leaves out.
// SECURITY DEFINER, because only the owner may write the audit; the search path is pinned, so that nobody can slip in
// a table or an operator of their own. A broken rule is raised like a broken constraint: 23514 with the rule's name.

const birth = `
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
end $$`;

const transition = `
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
end $$`;

export const bookingGuards = [
  audit,
  `grant select on booking_transitions to ${appRole}`,
  birth,
  transition,
  'revoke all on function booking_is_born(), booking_moves() from public',
  'create trigger booking_is_born after insert on bookings for each row execute function booking_is_born()',
  'create trigger booking_moves after update on bookings for each row execute function booking_moves()',
];

/** After the table is dropped, and its triggers with it. */
export const bookingGuardsDown = [
  'drop function booking_moves()',
  'drop function booking_is_born()',
  'drop table booking_transitions',
];
