import type { z } from 'zod';
import { defineEvent } from '../event.ts';
import { timestamp, uuid } from '../primitives.ts';
import { sessionStartedData } from './session-started.ts';

const data = sessionStartedData.extend({
  completedAt: timestamp.describe('time of the completion'),
  completedBy: uuid.describe('user id of the mentor who completed'),
});

/** Everything that subscribers need, so that they never call back. */
export type SessionCompleted = z.infer<typeof data>;

export const sessionCompleted = defineEvent<SessionCompleted>({
  type: 'session.completed',
  version: 1,
  source: '/sessions',
  mustReachAQueue: false,
  data,
});
