import { z } from 'zod';
import { Conflict, NotFound } from '@mentor-sessions/service-kit/errors';
import { id, instant, text } from '@mentor-sessions/service-kit/fields';
import { defineRoute, type Route } from '@mentor-sessions/service-kit/http';
import { services, type Action, type Databases } from '../connections.ts';
import { discardDeadLetters, listDeadLetters, showDeadLetter, type DeadLetter } from '../dead-letters.ts';
import { requestReplays } from '../replays.ts';
import { readTrace } from '../trace.ts';
import { pauseWorkers, resumeWorkers } from '../workers.ts';

/** Actions come first, because `replay` would match as the id of a dead letter. */
export const consoleRoutes = (databases: Databases): Route[] => [
  ...actionRoutes(databases),
  ...readingRoutes(databases),
];

/** Identifies a group of dead letters. */
const group = {
  service: z.enum(services),
  queue: text({ min: 1, max: 255 }),
  reason: text({ min: 1, max: 255 }),
  fingerprint: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
};

const because = text({ min: 1, max: 500 }).describe('the reason; recorded permanently with who acted');

/** The group as the operator saw it: `count` dead letters first seen before `until`. Later ones are left alone. */
const shownGroup = z.strictObject({ ...group, count: z.int().positive(), until: instant, because });

const workerTarget = z.strictObject({
  service: z.enum(services),
  target: z.enum(['relay', 'consumer']).or(id).describe('a role, or the id of one worker'),
  because,
});

const actionRoutes = (databases: Databases): Route[] => [
  deadLetterRoute(databases, {
    verb: 'replay',
    summary: 'Has the consumers handle the open dead letters of a group again',
    act: async (deadLetters, action) => (await requestReplays(databases, deadLetters, action)).length,
  }),
  deadLetterRoute(databases, {
    verb: 'discard',
    summary: 'Resolves the open dead letters of a group without handling them',
    act: (deadLetters, action) => discardDeadLetters(databases, deadLetters, action),
  }),
  workerRoute(databases, 'pause', pauseWorkers),
  workerRoute(databases, 'resume', resumeWorkers),
];

type DeadLetterAction = {
  readonly verb: 'replay' | 'discard';
  readonly summary: string;
  /** Returns for how many it was done. */
  readonly act: (deadLetters: readonly DeadLetter[], action: Action) => Promise<number>;
};

const deadLetterRoute = (databases: Databases, { verb, summary, act }: DeadLetterAction): Route =>
  defineRoute({
    method: 'post',
    path: `/api/dead-letters/${verb}`,
    operationId: `${verb}DeadLetters`,
    summary,
    body: shownGroup,
    responses: { 200: { description: 'for how many it was done' } },
    problems: ['forbidden', 'not-as-shown'],
    handle: async ({ body: { because, count, fingerprint, ...filter }, actor }) => {
      const found = await listDeadLetters(databases, { ...filter, group: fingerprint });
      if (found.length !== count)
        throw new Conflict(
          'not-as-shown',
          `The group has changed: ${count} dead letters were shown, ${found.length} of them are open now. Nothing was done; check the group again.`,
        );
      const done = await act(found, { operator: actor.userId, reason: because });
      return { status: 200, body: { count: done } };
    },
  });

const workerRoute = (databases: Databases, verb: 'pause' | 'resume', act: typeof pauseWorkers): Route =>
  defineRoute({
    method: 'post',
    path: `/api/workers/${verb}`,
    operationId: `${verb}Workers`,
    summary: `${verb === 'pause' ? 'Pauses' : 'Resumes'} a role in all its processes, or one process`,
    body: workerTarget,
    responses: { 200: { description: 'recorded; the processes follow within a second' } },
    problems: ['forbidden'],
    handle: async ({ body: { because, ...target }, actor }) => {
      await act(databases, target, { operator: actor.userId, reason: because });
      return { status: 200, body: {} };
    },
  });

const params = z.object({ id });
const MAX_LISTED = 100;

const readingRoutes = (databases: Databases): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/stories/{id}',
    operationId: 'readStory',
    summary: 'The history of a booking or session in both services',
    params,
    responses: { 200: { description: 'its steps, by time' } },
    problems: ['not-found', 'forbidden'],
    handle: async ({ params: { id } }) => {
      const trace = await readTrace(databases, id);
      if (!trace) throw new NotFound('No booking or session has this id.');
      return { status: 200, body: trace };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/dead-letters',
    operationId: 'listDeadLetters',
    summary: `The oldest ${MAX_LISTED} open dead letters of a group`,
    query: z.strictObject(group),
    responses: { 200: { description: 'without bodies' } },
    problems: ['forbidden'],
    handle: async ({ query: { fingerprint, ...filter } }) => {
      const items = await listDeadLetters(databases, { ...filter, group: fingerprint, limit: MAX_LISTED });
      return { status: 200, body: { items } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/dead-letters/{id}',
    operationId: 'showDeadLetter',
    summary: 'One dead letter with its body and replays; reading it is recorded',
    params,
    responses: { 200: { description: 'the dead letter' } },
    problems: ['not-found', 'forbidden'],
    handle: async ({ params: { id }, actor }) => {
      const deadLetter = await showDeadLetter(databases, id, {
        operator: actor.userId,
        reason: 'shown in the console',
      });
      if (!deadLetter) throw new NotFound('There is no dead letter with this id.');
      return { status: 200, body: deadLetter };
    },
  }),
];
