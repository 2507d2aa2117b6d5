import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { uuid } from '../primitives.ts';
import { terms } from '../terms.ts';

export const sessionScheduledData = z.object({
  sessionId: uuid.describe('id of the session'),
  bookingId: uuid.describe('id of its booking'),
  mentorUserId: uuid.describe('user id of the mentor who accepted the booking'),
  ...terms.shape,
});

export type SessionScheduled = z.infer<typeof sessionScheduledData>;

export const sessionScheduled = defineEvent<SessionScheduled>({
  type: 'session.scheduled',
  version: 1,
  source: '/sessions',
  mustReachAQueue: false,
  data: sessionScheduledData,
});
