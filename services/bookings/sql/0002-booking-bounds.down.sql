drop trigger booking_keeps_its_bounds on bookings;
drop function booking_keeps_its_bounds;
drop table booking_bounds;
