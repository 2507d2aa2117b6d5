import { z } from 'zod';
import { id, statusFilter } from '@mentor-sessions/service-kit/fields';
import { defineResource, type Route } from '@mentor-sessions/service-kit/http';
import type { CountTransition } from '@mentor-sessions/service-kit/metrics';
import type { Seen } from '@mentor-sessions/service-kit/repository';
import { sessionStatuses, type Session, type SessionAction } from '../domain/session.ts';
import { completeSession, getSession, listSessions, startSession, type Sessions } from '../use-cases/sessions.ts';
import { completedExample, sessionView, startedExample, viewSession } from './view.ts';

type Needs = {
  readonly db: Sessions;
  readonly newId: () => string;
  readonly counting: CountTransition<SessionAction>;
};

const sessions = defineResource<Seen<Session>>({ noun: 'session', schema: sessionView, view: viewSession });

export const sessionRoutes = ({ db, newId, counting }: Needs): Route[] => [
  sessions.list({
    summary: 'Your own sessions, by start',
    description: 'As mentor and as mentee, in pages.',
    query: {
      status: statusFilter(sessionStatuses),
      bookingId: id.optional(),
      as: z.enum(['mentor', 'mentee']).optional().describe('one side only; default: both'),
    },
    handle: async ({ actor, filter: { as, ...filter }, page }) => {
      const { items, nextCursor } = await listSessions(db, actor, { as, filter, page });
      return { items: items.map((row) => viewSession({ row }, actor)), nextCursor };
    },
  }),
  sessions.get({
    summary: 'One session',
    description: 'A session whose booking was accepted a moment ago may answer 404 with Retry-After: 1.',
    handle: (sessionId, actor) => getSession(db, sessionId, actor),
  }),
  sessions.transition({
    action: 'start',
    summary: 'Start a scheduled session',
    description: 'For the session’s mentor or mentee.',
    example: startedExample,
    handle: (command) => counting('start', startSession(db, { ...command, messageId: newId() })),
  }),
  sessions.transition({
    action: 'complete',
    summary: 'Complete a session in progress',
    description: 'For the session’s mentor only.',
    example: completedExample,
    handle: (command) => counting('complete', completeSession(db, { ...command, messageId: newId() })),
  }),
];
