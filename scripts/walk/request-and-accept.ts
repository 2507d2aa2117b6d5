import { call, expectStatus } from './api.ts';
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
    const asked = await call({
      url: `${stage.stack.bookings.url}/bookings`,
      method: 'POST',
      token: stage.tokens.mentee,
      body,
    });
    const { id, status } = expectStatus(asked, 201).body;
    stage.bookingId = String(id);
    return `201, ${String(status)}, booking ${stage.bookingId}`;
  },
};

export const accept: Step = {
  says: 'the mentor accepts it',
  run: async (stage) => {
    const url = `${stage.stack.bookings.url}/bookings/${stage.bookingId}/accept`;
    const accepted = await call({ url, method: 'PATCH', token: stage.tokens.mentor });
    const { status, sessionId } = expectStatus(accepted, 200).body;
    stage.sessionId = String(sessionId);
    return `200, ${String(status)}, session will be ${stage.sessionId}`;
  },
};
