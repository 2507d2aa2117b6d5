import type { EventDefinition } from './event.ts';
import { bookingAccepted } from './events/booking-accepted.ts';
import { bookingCancelled } from './events/booking-cancelled.ts';
import { bookingDeclined } from './events/booking-declined.ts';
import { bookingExpired } from './events/booking-expired.ts';
import { bookingRequested } from './events/booking-requested.ts';
import { sessionCompleted } from './events/session-completed.ts';
import { sessionCompletionOverdue } from './events/session-completion-overdue.ts';
import { sessionScheduled } from './events/session-scheduled.ts';
import { sessionStartOverdue } from './events/session-start-overdue.ts';
import { sessionStarted } from './events/session-started.ts';
import { sessionStartingSoon } from './events/session-starting-soon.ts';

/** Every version of every event ever published. Versions are never removed. */
export const catalogue: readonly EventDefinition[] = [
  bookingRequested,
  bookingAccepted,
  bookingDeclined,
  bookingCancelled,
  bookingExpired,
  sessionScheduled,
  sessionStarted,
  sessionCompleted,
  sessionStartingSoon,
  sessionStartOverdue,
  sessionCompletionOverdue,
];

/** Whether it is a failure of the topology when no queue takes an event of this type. */
export const mustReachAQueue = (type: string): boolean =>
  catalogue.some((event) => event.type === type && event.mustReachAQueue);
