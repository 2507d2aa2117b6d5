import {
  envelope,
  sessionCompleted,
  sessionEventsQueue,
  sessionScheduled,
  sessionStarted,
  type SessionScheduled,
} from '@mentor-sessions/contracts';
import type { Subscription } from '@mentor-sessions/messaging';
import { followSessions } from '../use-cases/follow-sessions.ts';

/** What the three say in common is enough: whose session it is. The type says what happened to it. */
export const onSessionEvents = (sender: string | readonly string[]): Subscription<SessionScheduled> => ({
  queue: sessionEventsQueue,
  envelope,
  events: [sessionScheduled, sessionStarted, sessionCompleted],
  sender,
  describe: ({ data: { bookingId, sessionId } }) => ({ bookingId, sessionId }),
  handle: followSessions,
});
