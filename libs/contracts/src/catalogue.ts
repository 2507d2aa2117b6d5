import type { EventDefinition } from './event.ts';
import * as bookings from './events/bookings.ts';
import * as sessions from './events/sessions.ts';

/** Every version of every event ever published. Versions are never removed. */
export const catalogue: readonly EventDefinition[] = [
  bookings.bookingRequested,
  bookings.bookingAccepted,
  bookings.bookingDeclined,
  bookings.bookingCancelled,
  bookings.bookingExpired,
  sessions.sessionScheduled,
  sessions.sessionStarted,
  sessions.sessionCompleted,
  sessions.sessionStartingSoon,
  sessions.sessionStartOverdue,
  sessions.sessionCompletionOverdue,
];

/** Whether it is a failure of the topology when no queue takes an event of this type. */
export const mustReachAQueue = (type: string): boolean =>
  catalogue.some((event) => event.type === type && event.mustReachAQueue);
