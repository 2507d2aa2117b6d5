import { randomUUID } from 'node:crypto';
import { envelopeOf, sessionCompleted, type Envelope, type SessionCompleted } from '@mentor-sessions/contracts';

const [start, end] = ['2026-12-01T09:00:00.000Z', '2026-12-01T10:00:00.000Z'];

/** A message as the sessions service sends it. */
export const completedSession = (over: Partial<SessionCompleted> = {}): Envelope<SessionCompleted> => {
  const [sessionId, bookingId, mentorUserId] = [randomUUID(), randomUUID(), randomUUID()];
  const data: SessionCompleted = {
    sessionId,
    bookingId,
    mentorUserId,
    listingId: randomUUID(),
    mentorProfileId: randomUUID(),
    menteeUserId: randomUUID(),
    start,
    end,
    metadata: {},
    startedAt: start,
    startedBy: mentorUserId,
    completedAt: end,
    completedBy: mentorUserId,
    ...over,
  };
  const told = { id: randomUUID(), subject: sessionId, time: end, sequence: 3, correlationId: bookingId };
  return envelopeOf(sessionCompleted, { ...told, data });
};
