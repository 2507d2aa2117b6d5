import { needsWith } from '@mentor-sessions/messaging/roles';

export const needs = needsWith({
  api: [
    'select on bookings',
    'insert on bookings',
    'update on bookings',
    'select on booking_sessions',
    'select on booking_transitions',
  ],
  relay: ['select on bookings', 'update on bookings', 'select on booking_sessions'],
  consumer: [
    'insert on booking_sessions',
    'update on booking_sessions',
    'select on awaited_sessions',
    'update on awaited_sessions',
  ],
});
