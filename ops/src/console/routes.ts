import { z } from 'zod';
import { NotFound } from '@mentor-sessions/service-kit/errors';
import { id } from '@mentor-sessions/service-kit/fields';
import { defineRoute, type Route } from '@mentor-sessions/service-kit/http';
import type { Databases } from '../databases.ts';
import { showDeadLetter } from '../dead-letter-in-full.ts';
import { listDeadLetters } from '../dead-letters.ts';
import { traceStory } from '../trace.ts';
import { actRoutes } from './acts.ts';
import { group } from './group.ts';
import { assertOperator } from './operator.ts';

const params = z.object({ id });
const MOST_LETTERS = 100;

const forOperators = (route: Route): Route => ({
  ...route,
  handle: (request) => {
    assertOperator(request.actor);
    return route.handle(request);
  },
});

/** The acts come first: `replay` is no letter's id. */
export const consoleRoutes = (databases: Databases): Route[] =>
  [...actRoutes(databases), ...lookRoutes(databases)].map(forOperators);

const lookRoutes = (databases: Databases): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/stories/{id}',
    operationId: 'readStory',
    summary: 'What happened to a booking or a session, in both services',
    params,
    responses: { 200: { description: 'its steps, by time' } },
    problems: ['not-found', 'forbidden'],
    handle: async ({ params: { id } }) => {
      const story = await traceStory(databases, id);
      if (!story) throw new NotFound('Neither service knows a booking or a session of this id.');
      return { status: 200, body: story };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/dead-letters',
    operationId: 'listDeadLetters',
    summary: `The oldest ${MOST_LETTERS} open dead letters of a group`,
    query: z.strictObject(group),
    responses: { 200: { description: 'without bodies' } },
    problems: ['forbidden'],
    handle: async ({ query }) => ({
      status: 200,
      body: { items: await listDeadLetters(databases, { ...query, limit: MOST_LETTERS }) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/dead-letters/{id}',
    operationId: 'showDeadLetter',
    summary: 'One dead letter with its body, and what was tried with it; who looked is recorded',
    params,
    responses: { 200: { description: 'the letter' } },
    problems: ['not-found', 'forbidden'],
    handle: async ({ params: { id }, actor }) => {
      const letter = await showDeadLetter(databases, id, { operator: actor.userId, reason: 'shown in the console' });
      if (!letter) throw new NotFound('There is no dead letter of this id.');
      return { status: 200, body: letter };
    },
  }),
];
