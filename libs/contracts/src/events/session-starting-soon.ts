import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { timestamp } from '../primitives.ts';
import { sessionScheduledData } from './session-scheduled.ts';

const data = sessionScheduledData.extend({
  offsetSeconds: z.int().positive().describe('how long before the start it was due'),
  dueAt: timestamp.describe('when it was due: `offsetSeconds` before the start'),
});

export type SessionStartingSoon = z.infer<typeof data>;

export const sessionStartingSoon = defineEvent<SessionStartingSoon>({
  type: 'session.starting-soon',
  version: 1,
  source: '/sessions',
  mustReachAQueue: false,
  data,
});
