import type { z } from 'zod';
import { defineEvent } from '../event.ts';
import { timestamp } from '../primitives.ts';
import { sessionScheduledData } from './session-scheduled.ts';

const data = sessionScheduledData.extend({
  dueAt: timestamp.describe('when it was due: the end'),
});

export type SessionStartOverdue = z.infer<typeof data>;

export const sessionStartOverdue = defineEvent<SessionStartOverdue>({
  type: 'session.start-overdue',
  version: 1,
  source: '/sessions',
  mustReachAQueue: false,
  data,
});
