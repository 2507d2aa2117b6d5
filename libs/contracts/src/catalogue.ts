import type { EventDefinition } from './event.ts';
import { bookingAccepted } from './events/booking-accepted.ts';
import { bookingCancelled } from './events/booking-cancelled.ts';
import { bookingDeclined } from './events/booking-declined.ts';
import { bookingRequested } from './events/booking-requested.ts';
import { sessionCompleted } from './events/session-completed.ts';
import { sessionScheduled } from './events/session-scheduled.ts';
import { sessionStarted } from './events/session-started.ts';

/** Every version of every event ever published. Versions are never removed. */
export const catalogue: readonly EventDefinition[] = [
  bookingRequested,
  bookingAccepted,
  bookingDeclined,
  bookingCancelled,
  sessionScheduled,
  sessionStarted,
  sessionCompleted,
];

/** Whether it is a failure of the topology when no queue takes an event of this type. */
export const mustReachAQueue = (type: string): boolean =>
  catalogue.some((event) => event.type === type && event.mustReachAQueue);
