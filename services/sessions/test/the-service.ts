import { randomUUID } from 'node:crypto';
import { catalogue, sessionCompleted, sessionScheduled, sessionStarted } from '@mentor-sessions/contracts';
import type { PlainRow, ServiceUnderTest } from '@mentor-sessions/lab/every-service/service';
import { people } from '@mentor-sessions/lab/people';
import { lists, ofOneSession } from './authorization-matrix.ts';
import {
  historiesOfSessions,
  insertSessions,
  insertTimedSessions,
  plainSession,
  type PlainSession,
  type TimedSession,
} from './plain-sessions.ts';

const mentor = people['its mentor'];

/** The sessions service, for the tests that hold for every service. */
export const sessions: ServiceUnderTest = {
  service: 'sessions',
  noun: 'session',
  statuses: ['scheduled', 'in_progress', 'completed'],
  versionIn: { scheduled: 1, in_progress: 2, completed: 3 },
  moves: {
    start: { from: 'scheduled', to: 'in_progress', as: mentor, events: ['session.started'] },
    complete: { from: 'in_progress', to: 'completed', as: mentor, events: ['session.completed'] },
  },
  may: ({ isMentor, isMentee, isTheMentee }) => ({
    start: isMentor || isMentee,
    complete: isMentor && !isTheMentee,
  }),
  plain: (n, wanted = {}) => plainSession(n, wanted as Partial<PlainSession>),
  insert: (app, rows: readonly PlainRow[]) => insertSessions(app, rows as readonly PlainSession[]),
  histories: historiesOfSessions,
  tables: { rows: 'sessions', transitions: 'session_transitions', others: ['accepted_bookings'] },
  matrix: { ofOne: ofOneSession, lists },
  signature: {
    row: (action, by) => (action === 'start' ? { started_by: by } : { completed_by: by }),
    answer: (action, by) => (action === 'start' ? { startedBy: by } : { completedBy: by }),
  },
  documents: {
    requests: `
GET /sessions 200 400 401 429 500 503
GET /sessions/{id} 200 304 400 401 403 404 429 500 503
GET /sessions/{id}/history 200 400 401 403 404 429 500 503
PATCH /sessions/{id}/complete 200 400 401 403 404 409 412 413 415 422 429 500 503
PATCH /sessions/{id}/start 200 400 401 403 404 409 412 413 415 422 429 500 503
`,
    root: {
      name: 'Sessions',
      docs: '/docs',
      openapi: '/openapi.json',
      problems: '/problems',
      pages: ['/messages', '/asyncapi.json', '/guide'],
      schemas: catalogue.flatMap((event) =>
        event.source === '/sessions' ? `/schemas/${event.type}/${event.version}` : [],
      ),
      lists: ['/sessions'],
    },
    says: [
      'invalid-transition',
      'precondition-failed',
      'Retry-After',
      'If-Match',
      '"ETag"',
      'scheduled → in_progress → completed',
      'only the mentor completes it',
    ],
    otherService: 'http://localhost:3001/docs',
    events: [sessionScheduled, sessionStarted, sessionCompleted],
    elsewhere: '/schemas/booking.accepted/1',
  },
  lists: {
    refused: [
      'status=draft',
      'status=completed&status=draft',
      'status=completed,done',
      'expand=session',
      'attention=',
      'attention=null',
      'attention=start-overdue,overdue',
      'bookingId=7',
      'bookingId=',
    ],
    actions: [['start'], ['start']],
  },
  overdue: {
    field: 'attention',
    of: ({ status, end, startedAt }, now) => {
      if (status === 'scheduled') return now >= end.getTime() ? 'start-overdue' : null;
      const hours = (now - Math.max(end.getTime(), startedAt.getTime())) / 3_600_000;
      return status === 'in_progress' && hours >= 1 ? 'completion-overdue' : null;
    },
    filters: {
      'attention=start-overdue': (value) => value === 'start-overdue',
      'attention=completion-overdue': (value) => value === 'completion-overdue',
      'attention=start-overdue&attention=completion-overdue': (value) => value !== null,
    },
    insert: ({ app, owner }, rows) => insertTimedSessions(app, owner, rows as readonly TimedSession[]),
  },
  outage: [
    ['GET', '/sessions'],
    ['GET', `/sessions?bookingId=${randomUUID()}`],
    ['GET', `/sessions/${randomUUID()}`],
    ['GET', `/sessions/${randomUUID()}/history`],
    ['PATCH', `/sessions/${randomUUID()}/start`],
  ],
  order: {
    further: () => [],
    // there is no way to make, change or delete a session
    allowed: (id) => [
      ...(['POST', 'PUT', 'PATCH', 'DELETE'] as const).flatMap((method) => [
        [method, '/sessions', 'GET, HEAD'] as const,
        [method, `/sessions/${id}`, 'GET, HEAD'] as const,
      ]),
      ['POST', `/sessions/${id}/start`, 'PATCH'],
      ['POST', `/sessions/${id}/history`, 'GET, HEAD'],
      ['POST', `/sessions/${id}/complete`, 'PATCH'],
    ],
    nothingAt: ['/bookings', '/sessions/x/cancel'],
  },
};
