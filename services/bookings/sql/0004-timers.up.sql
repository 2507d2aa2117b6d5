-- An event that follows from time alone: booking.expired.
\set app bookings_app
\set operator bookings_operator

\ir ../../../libs/messaging/sql/timers.sql

create function bookings_get_timers() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.timers (aggregate_id, due_at) select id, end_time from requested
    on conflict (aggregate_id) do update set due_at = excluded.due_at; -- of a booking that was lost and is created again
  return null;
end $$;

revoke all on function bookings_get_timers() from public;

create trigger bookings_get_timers after insert on bookings
  referencing new table as requested for each statement execute function bookings_get_timers();

insert into timers (aggregate_id, due_at) select id, end_time from bookings where status = 'draft';
