drop trigger bookings_get_timers on bookings;
drop function bookings_get_timers;
drop table timer_events, timers;
