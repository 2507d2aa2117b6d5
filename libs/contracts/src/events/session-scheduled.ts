import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { metadata, timestamp, uuid } from '../primitives.ts';

export const sessionScheduledData = z.object({
  sessionId: uuid,
  bookingId: uuid,
  listingId: uuid,
  mentorProfileId: uuid,
  mentorUserId: uuid.describe('user id of the mentor who accepted the booking'),
  menteeUserId: uuid,
  start: timestamp,
  end: timestamp,
  metadata,
});

export type SessionScheduled = z.infer<typeof sessionScheduledData>;

export const sessionScheduled = defineEvent<SessionScheduled>({
  type: 'session.scheduled',
  version: 1,
  source: '/sessions',
  mustReachAQueue: false,
  data: sessionScheduledData,
});
