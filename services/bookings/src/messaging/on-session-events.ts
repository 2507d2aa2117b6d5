import { randomUUIDv7 } from 'node:crypto';
import {
  envelope,
  sessionCompleted,
  sessionEventsQueue,
  sessionScheduled,
  sessionStarted,
  type SessionScheduled,
} from '@mentor-sessions/contracts';
import { sampleMessage, type Subscription } from '@mentor-sessions/messaging';
import { followSessions } from '../use-cases/sessions-of-bookings.ts';

/** What the three say in common is enough: whose session it is. The type says what happened to it. */
export const onSessionEvents = (sender: string | readonly string[]): Subscription<SessionScheduled> => ({
  queue: sessionEventsQueue,
  envelope,
  events: [sessionScheduled, sessionStarted, sessionCompleted],
  sender,
  describe: ({ data: { bookingId, sessionId } }) => ({ bookingId, sessionId }),
  // of a booking that does not exist: it is refused, once the database has taken the statement
  sample: (type) => sampleMessage(type, sessionScheduled.example({}, randomUUIDv7).data),
  handle: followSessions,
});
