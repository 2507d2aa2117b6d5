import {
  announcerNeeds,
  consumerNeeds,
  messagingRetentionNeeds,
  relayNeeds,
  timerNeeds,
} from '@mentor-sessions/messaging';
import type { Needs } from '@mentor-sessions/service-kit/database';

/** What each role does in the database: without it, the role is not ready. */
export const needs = {
  api: {
    privileges: [
      ...announcerNeeds.privileges,
      'select on bookings',
      'insert on bookings',
      'update on bookings',
      'select on booking_sessions',
      'select on booking_transitions',
      'select on idempotency_keys',
      'insert on idempotency_keys',
    ],
  },
  relay: {
    ...relayNeeds,
    privileges: [...relayNeeds.privileges, ...timerNeeds.privileges, 'select on bookings', 'update on bookings'],
  },
  consumer: {
    privileges: [
      ...announcerNeeds.privileges,
      ...consumerNeeds.privileges,
      'insert on booking_sessions',
      'update on booking_sessions',
      'select on awaited_sessions',
      'update on awaited_sessions',
    ],
  },
  retention: { privileges: [...messagingRetentionNeeds.privileges, 'execute on idempotency_keys_forget'] },
} satisfies Record<string, Needs>;
