drop function overdue;
drop index booking_draft_by_end;
drop trigger bookings_get_timers on bookings;
drop function bookings_get_timers;
drop table timer_events, timers;

-- workers_pause as it was
\set operator bookings_operator
\ir ../../../libs/messaging/sql/operators.sql
