import { retryLostRace } from '@mentor-sessions/service-kit/lost-race';
import type { SessionsDatabase } from '../database/database.ts';
import { writeTransition } from '../database/session-rows.ts';
import { sessionCompletedEvent } from '../domain/session-events.ts';
import { readForTransition, type Transition, type Transitioned } from './transition.ts';

export const completeSession = async (db: SessionsDatabase, command: Transition): Promise<Transitioned> => {
  const { actor, messageId, traceparent, key } = command;
  const transitioned = await retryLostRace<Transitioned>(async () => {
    const found = await readForTransition(db, 'complete', command);
    if ('answer' in found) return found.answer;
    const { session, mentorUserId, now } = found;
    const change = session.complete(actor, now);
    const event = sessionCompletedEvent(session, change, { messageId, mentorUserId, traceparent });
    const written = await writeTransition(db, { session, change, event, key });
    return written && { session: written };
  });
  db.announce();
  return transitioned;
};
