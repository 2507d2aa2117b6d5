import type { Session, SessionStatus } from '../src/domain/session.ts';
import { menteeId, mentorId, profileId } from '@mentor-sessions/lab/people';

export const noon = new Date('2026-03-01T12:00:00.000Z');
export const one = new Date('2026-03-01T13:00:00.000Z');
export const two = new Date('2026-03-01T14:00:00.000Z');

/** A session scheduled at noon, started by its mentee at one and completed by its mentor at two, as far as `status`. */
export const aSession = (status: SessionStatus = 'scheduled'): Session => {
  const started = status !== 'scheduled';
  const completed = status === 'completed';
  return {
    id: '01980000-0000-7000-8000-000000000001',
    bookingId: '01980000-0000-7000-8000-000000000003',
    listingId: '01980000-0000-7000-8000-000000000002',
    mentorProfileId: profileId,
    menteeUserId: menteeId,
    startTime: new Date('2026-03-02T09:00:00.000Z'),
    endTime: new Date('2026-03-02T10:00:00.000Z'),
    status,
    notes: null,
    metadata: {},
    startedAt: started ? one : null,
    startedBy: started ? menteeId : null,
    completedAt: completed ? two : null,
    completedBy: completed ? mentorId : null,
    version: completed ? 3 : started ? 2 : 1,
    createdAt: noon,
    updatedAt: completed ? two : started ? one : noon,
  };
};
