import { randomUUID } from 'node:crypto';
import { expectData } from './api.ts';
import { listingId, people } from './people.ts';
import type { Step } from './step.ts';

const hour = 3_600_000;

export const request: Step = {
  says: 'the mentee requests a booking',
  run: async (stage) => {
    const start = new Date(Math.ceil(Date.now() / hour) * hour + 24 * hour);
    const body = {
      listingId,
      mentorProfileId: people.mentor.mentorProfileId,
      start: start.toISOString(),
      end: new Date(start.getTime() + hour).toISOString(),
      notes: 'How do I find my first job as an engineer?',
      metadata: { source: 'npm start' },
    };
    const key = { header: { 'Idempotency-Key': randomUUID() } };
    const { id, status } = expectData(await stage.mentee.bookings.POST('/bookings', { body, params: key }));
    stage.bookingId = id;
    return `201, ${status}, booking ${stage.bookingId}`;
  },
};

export const accept: Step = {
  says: 'the mentor accepts it',
  run: async (stage) => {
    const params = { path: { id: stage.bookingId }, header: { 'Idempotency-Key': randomUUID() } };
    const { status, sessionId } = expectData(await stage.mentor.bookings.PATCH('/bookings/{id}/accept', { params }));
    stage.sessionId = String(sessionId);
    return `200, ${status}, session will be ${stage.sessionId}`;
  },
};
