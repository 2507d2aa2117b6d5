import type { z } from 'zod';
import { defineEvent } from '../event.ts';
import { timestamp } from '../primitives.ts';
import { sessionStartedData } from './session-started.ts';

const data = sessionStartedData.extend({
  dueAt: timestamp.describe('when it was due: some time after the end or, if later, the start'),
});

export type SessionCompletionOverdue = z.infer<typeof data>;

export const sessionCompletionOverdue = defineEvent<SessionCompletionOverdue>({
  type: 'session.completion-overdue',
  version: 1,
  source: '/sessions',
  mustReachAQueue: false,
  data,
});
