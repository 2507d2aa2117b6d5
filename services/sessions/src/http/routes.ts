import { z } from 'zod';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { id, severalOf } from '@mentor-sessions/service-kit/fields';
import { defineResource, type Route } from '@mentor-sessions/service-kit/http';
import type { CountTransition } from '@mentor-sessions/service-kit/metrics';
import type { Seen } from '@mentor-sessions/service-kit/repository';
import { attentionOf, attentions, sessionStatuses, type Session, type SessionAction } from '../domain/session.ts';
import {
  completeSession,
  getSession,
  getSessionHistory,
  listSessions,
  startSession,
  type Sessions,
} from '../use-cases/sessions.ts';
import { completedExample, historyExample, sessionView, startedExample, viewSession } from './view.ts';

type Needs = {
  readonly db: Sessions;
  readonly newId: () => string;
  readonly counting: CountTransition<SessionAction>;
  readonly completionGraceSeconds: number;
};

export const sessionRoutes = ({ db, newId, counting, completionGraceSeconds }: Needs): Route[] => {
  const attention = ({ row, now }: Seen<Session>) => attentionOf(row, now, completionGraceSeconds);
  const view = (seen: Seen<Session>, actor: Actor) => viewSession(seen.row, { actor, attention: attention(seen) });
  const mayDiffer = (seen: Seen<Session>) => attention(seen) !== null;
  const sessions = defineResource({ noun: 'session', schema: sessionView, view, mayDiffer });

  return [
    sessions.list({
      summary: 'Your own sessions, by start',
      description: 'As mentor and as mentee, in pages.',
      query: {
        status: severalOf(sessionStatuses),
        attention: severalOf(attentions),
        bookingId: id.optional(),
        as: z.enum(['mentor', 'mentee']).optional().describe('one side only; default: both'),
      },
      handle: async ({ actor, filter: { as, ...filter }, page }) => {
        const list = await listSessions(db, actor, { as, filter, page, completionGraceSeconds });
        const { items, nextCursor, now } = list;
        return { items: items.map((row) => view({ row, now }, actor)), nextCursor };
      },
    }),
    sessions.get({
      summary: 'One session',
      description:
        'A session whose booking was accepted a moment ago may answer 404 with Retry-After: 1. One that needs attention is never 304: that comes with time, not with a new version.',
      handle: (sessionId, actor) => getSession(db, sessionId, actor),
    }),
    sessions.history({
      statuses: sessionStatuses,
      example: historyExample,
      handle: (sessionId, actor) => getSessionHistory(db, sessionId, actor),
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
};
