import { z } from 'zod';
import { id, pageQuery } from '@mentor-sessions/service-kit/fields';
import { defineRoute, linkToNext, type Route } from '@mentor-sessions/service-kit/http';
import type { CountTransition } from '@mentor-sessions/service-kit/metrics';
import { sessionStatuses, type SessionAction } from '../domain/lifecycle.ts';
import { completeSession } from '../use-cases/complete-session.ts';
import type { SessionsDatabase } from '../use-cases/database.ts';
import { getSession } from '../use-cases/get-session.ts';
import { listSessions } from '../use-cases/list-sessions.ts';
import { startSession } from '../use-cases/start-session.ts';
import { answerWith } from './answer.ts';
import { sessionView, viewSession } from './session-view.ts';

type Needs = {
  readonly db: SessionsDatabase;
  readonly newId: () => string;
  readonly counting: CountTransition<SessionAction>;
};

const params = z.object({ id });
const etag = { ETag: 'its version, for `If-Match`' };
const oneSession = { description: 'the session', schema: sessionView, headers: etag };
const invalidTransition = {
  status: 409,
  code: 'invalid-transition',
  description: 'its status allows no such transition; with `currentStatus`',
  cure: 'Read it again, and show what is possible now: allowedActions. If it is where you wanted it, it has happened.',
};
const tags = ['sessions'];

export const sessionRoutes = ({ db, newId, counting }: Needs): Route[] => [
  defineRoute({
    method: 'get',
    path: '/sessions',
    operationId: 'listSessions',
    summary: 'Your own sessions, by start',
    tags,
    query: z.strictObject({
      status: z.enum(sessionStatuses).optional(),
      bookingId: id.optional(),
      as: z.enum(['mentor', 'mentee']).optional().describe('one side only; default: both'),
      ...pageQuery,
    }),
    responses: {
      200: {
        description: 'a page',
        optionalHeaders: { Link: 'URL of the next page, `rel="next"`, unless this is the last one' },
        schema: z
          .object({ items: z.array(sessionView), nextCursor: z.string().nullable() })
          .meta({ id: 'SessionPage' }),
      },
    },
    handle: async ({ query: { as, status, bookingId, from, to, ...page }, actor, target }) => {
      const filter = { status, bookingId, from, to };
      const { items, nextCursor } = await listSessions(db, actor, {
        as,
        filter,
        page: { ...page, cursor: page.cursor ?? null },
      });
      const body = { items: items.map((session) => viewSession(session, actor)), nextCursor };
      return { status: 200, body, headers: linkToNext(target, nextCursor) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/sessions/{id}',
    operationId: 'getSession',
    summary: 'One session',
    description: 'A session whose booking was accepted a moment ago may answer 404 with Retry-After: 1.',
    tags,
    params,
    responses: { 200: oneSession },
    problems: ['not-found', 'forbidden'],
    handle: async ({ params: { id: sessionId }, actor }) =>
      answerWith({ session: await getSession(db, sessionId, actor) }, actor),
  }),
  defineRoute({
    method: 'patch',
    path: '/sessions/{id}/start',
    operationId: 'startSession',
    summary: 'Start a scheduled session',
    description: 'For the session’s mentor or mentee.',
    tags,
    params,
    responses: { 200: oneSession },
    problems: ['not-found', 'forbidden', 'precondition-failed', invalidTransition],
    handle: async ({ params: { id: sessionId }, actor, ifMatch: { matches }, idempotencyKey: key, traceparent }) =>
      answerWith(
        await counting(
          'start',
          startSession(db, { id: sessionId, actor, ifMatch: matches, key, messageId: newId(), traceparent }),
        ),
        actor,
      ),
  }),
  defineRoute({
    method: 'patch',
    path: '/sessions/{id}/complete',
    operationId: 'completeSession',
    summary: 'Complete a session in progress',
    description: 'For the session’s mentor only.',
    tags,
    params,
    responses: { 200: oneSession },
    problems: ['not-found', 'forbidden', 'precondition-failed', invalidTransition],
    handle: async ({ params: { id: sessionId }, actor, ifMatch: { matches }, idempotencyKey: key, traceparent }) =>
      answerWith(
        await counting(
          'complete',
          completeSession(db, { id: sessionId, actor, ifMatch: matches, key, messageId: newId(), traceparent }),
        ),
        actor,
      ),
  }),
];
