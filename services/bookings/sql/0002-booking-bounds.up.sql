-- How long a booking may be, and how far ahead it may start.
--
-- Checked on insertion only: an older booking that exceeds the bounds can still be accepted, declined and cancelled.

-- At most one row, written by the migrations from LONGEST_BOOKING_HOURS and FURTHEST_START_DAYS. Without it: the defaults.
create table booking_bounds (
  id            integer not null default 1,
  longest_hours integer not null,
  furthest_days integer not null,

  constraint booking_bounds_once primary key (id),
  constraint booking_bounds_have_one_row check (id = 1),
  constraint booking_bounds_are_sensible check (longest_hours between 1 and 8784 and furthest_days between 1 and 36525)
);

-- AFTER, as a row that "on conflict do nothing" skips breaks nothing. In hours: a day of a time zone may have 25.
create function booking_keeps_its_bounds() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  bounds      public.booking_bounds;
  broken_rule text;
begin
  select * into bounds from public.booking_bounds;
  broken_rule := case
    when new.end_time - new.start_time > make_interval(hours => coalesce(bounds.longest_hours, 24))
      then 'booking_is_not_too_long'
    when new.start_time - now() > make_interval(hours => 24 * coalesce(bounds.furthest_days, 731))
      then 'booking_starts_soon_enough'
  end;
  if broken_rule is not null then
    raise exception 'booking % breaks %', new.id, broken_rule
      using errcode = 'check_violation', constraint = broken_rule, table = 'bookings', schema = 'public';
  end if;
  return null;
end $$;

revoke all on function booking_keeps_its_bounds() from public;

create trigger booking_keeps_its_bounds after insert on bookings
  for each row execute function booking_keeps_its_bounds();
