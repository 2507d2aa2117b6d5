import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { timestamp, uuid } from '../primitives.ts';
import { terms } from '../terms.ts';

const define = <Data>(type: string, data: z.ZodType<Data>) =>
  defineEvent<Data>({ type, version: 1, source: '/sessions', mustReachAQueue: false, data });

const scheduled = z.object({
  sessionId: uuid.describe('id of the session'),
  bookingId: uuid.describe('id of its booking'),
  mentorUserId: uuid.describe('user id of the mentor who accepted the booking'),
  ...terms.shape,
});
export type SessionScheduled = z.infer<typeof scheduled>;
export const sessionScheduled = define<SessionScheduled>('session.scheduled', scheduled);

const started = scheduled.extend({
  startedAt: timestamp.describe('time of the start'),
  startedBy: uuid.describe('user id of the mentor or mentee who started'),
});
export type SessionStarted = z.infer<typeof started>;
export const sessionStarted = define<SessionStarted>('session.started', started);

/** Everything that subscribers need, so that they never call back. */
const completed = started.extend({
  completedAt: timestamp.describe('time of the completion'),
  completedBy: uuid.describe('user id of the mentor who completed'),
});
export type SessionCompleted = z.infer<typeof completed>;
export const sessionCompleted = define<SessionCompleted>('session.completed', completed);

const startingSoon = scheduled.extend({
  offsetSeconds: z.int().positive().describe('how long before the start it was due'),
  dueAt: timestamp.describe('when it was due: `offsetSeconds` before the start'),
});
export type SessionStartingSoon = z.infer<typeof startingSoon>;
export const sessionStartingSoon = define<SessionStartingSoon>('session.starting-soon', startingSoon);

const startOverdue = scheduled.extend({ dueAt: timestamp.describe('when it was due: the end') });
export type SessionStartOverdue = z.infer<typeof startOverdue>;
export const sessionStartOverdue = define<SessionStartOverdue>('session.start-overdue', startOverdue);

const completionOverdue = started.extend({
  dueAt: timestamp.describe('when it was due: some time after the end or, if later, the start'),
});
export type SessionCompletionOverdue = z.infer<typeof completionOverdue>;
export const sessionCompletionOverdue = define<SessionCompletionOverdue>(
  'session.completion-overdue',
  completionOverdue,
);
