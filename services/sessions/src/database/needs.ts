import { needsWith } from '@mentor-sessions/messaging/roles';

export const needs = needsWith({
  api: ['select on sessions', 'update on sessions', 'select on session_transitions'],
  relay: ['select on sessions', 'update on sessions', 'select on accepted_bookings'],
  consumer: ['select on accepted_bookings', 'insert on accepted_bookings', 'select on sessions', 'insert on sessions'],
});
