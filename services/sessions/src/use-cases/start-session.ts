import { retryLostRace } from '@mentor-sessions/service-kit/lost-race';
import type { SessionsDatabase } from '../database/database.ts';
import { writeTransition } from '../database/session-rows.ts';
import { sessionStartedEvent } from '../domain/session-events.ts';
import type { Session } from '../domain/session.ts';
import { readForTransition, type Transition } from './transition.ts';

export const startSession = async (db: SessionsDatabase, command: Transition): Promise<Session> => {
  const { actor, messageId, traceparent } = command;
  const written = await retryLostRace(async () => {
    const { session, mentorUserId, now } = await readForTransition(db, 'start', command);
    const change = session.start(actor, now);
    const event = sessionStartedEvent(session, change, { messageId, mentorUserId, traceparent });
    return writeTransition(db, { session, change, event });
  });
  db.announce();
  return written;
};
