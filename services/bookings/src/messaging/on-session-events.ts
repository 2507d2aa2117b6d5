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
  sample: (type) => sampleMessage(type, aSession()),
  handle: followSessions,
});

/** Of a booking that does not exist: the news is refused, once the database has taken the statement. */
const aSession = (): SessionScheduled =>
  sessionScheduled.data.parse({
    sessionId: randomUUIDv7(),
    bookingId: randomUUIDv7(),
    listingId: randomUUIDv7(),
    mentorProfileId: randomUUIDv7(),
    mentorUserId: randomUUIDv7(),
    menteeUserId: randomUUIDv7(),
    start: '2026-01-01T09:00:00.000Z',
    end: '2026-01-01T10:00:00.000Z',
    metadata: {},
  });
