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
      'select on sessions',
      'update on sessions',
      'select on session_transitions',
      'select on idempotency_keys',
      'insert on idempotency_keys',
    ],
  },
  relay: {
    ...relayNeeds,
    privileges: [
      ...relayNeeds.privileges,
      ...timerNeeds.privileges,
      'select on sessions',
      'update on sessions',
      'select on accepted_bookings',
    ],
  },
  consumer: {
    privileges: [
      ...announcerNeeds.privileges,
      ...consumerNeeds.privileges,
      'select on accepted_bookings',
      'insert on accepted_bookings',
      'select on sessions',
      'insert on sessions',
    ],
  },
  retention: { privileges: [...messagingRetentionNeeds.privileges, 'execute on idempotency_keys_forget'] },
} satisfies Record<string, Needs>;
