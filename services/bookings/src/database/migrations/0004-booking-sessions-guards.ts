// As in 0002-bookings-guards.ts: AFTER, as the owner, with a pinned search path.

const awaited = `
create function session_is_awaited() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.awaited_sessions (booking_id, accepted_at) values (new.id, new.decided_at);
  return null;
end $$`;

/** For each statement, not each row: the consumer tells by the hundred. */
const told = `
create function booking_sessions_are_told() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.awaited_sessions using told where awaited_sessions.booking_id = told.booking_id;
  return null;
end $$`;

const moves = `
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
end $$`;

export const bookingSessionGuards = [
  awaited,
  told,
  moves,
  'revoke all on function session_is_awaited(), booking_sessions_are_told(), booking_session_moves() from public',
  `create trigger booking_is_accepted after update on bookings for each row
     when (new.status = 'accepted' and old.status <> 'accepted') execute function session_is_awaited()`,
  `create trigger booking_sessions_are_told after insert on booking_sessions
     referencing new table as told for each statement execute function booking_sessions_are_told()`,
  `create trigger booking_session_moves after update on booking_sessions
     for each row execute function booking_session_moves()`,
];

export const bookingSessionGuardsDown = [
  'drop trigger booking_is_accepted on bookings',
  'drop table booking_sessions',
  'drop table awaited_sessions',
  'drop function booking_session_moves()',
  'drop function booking_sessions_are_told()',
  'drop function session_is_awaited()',
];
