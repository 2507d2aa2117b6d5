import type { z } from 'zod';
import { defineEvent } from '../event.ts';
import { timestamp, uuid } from '../primitives.ts';
import { sessionScheduledData } from './session-scheduled.ts';

export const sessionStartedData = sessionScheduledData.extend({
  startedAt: timestamp.describe('time of the start'),
  startedBy: uuid.describe('user id of the mentor or mentee who started'),
});

export type SessionStarted = z.infer<typeof sessionStartedData>;

export const sessionStarted = defineEvent<SessionStarted>({
  type: 'session.started',
  version: 1,
  source: '/sessions',
  mustReachAQueue: false,
  data: sessionStartedData,
});
