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

-- For metrics and operators: drafts that expired within a day, up to 500. Older ones are history: nothing ends a draft but people.
create index booking_draft_by_end on bookings (end_time) where status = 'draft';

create function overdue(out kind text, out count float8, out oldest_age_seconds float8) returns setof record
language sql stable set search_path = pg_catalog, public, pg_temp as $$
  select 'draft', count(*)::float8, coalesce(extract(epoch from now() - min(end_time)), 0)::float8 from (
    select end_time from bookings where status = 'draft' and end_time between now() - interval '1 day' and now()
    order by end_time limit 500) expired
$$;

revoke all on function overdue() from public;
grant execute on function overdue() to bookings_app, bookings_operator;
