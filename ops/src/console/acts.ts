import { z } from 'zod';
import { id, instant, text } from '@mentor-sessions/service-kit/fields';
import { Conflict } from '@mentor-sessions/service-kit/errors';
import { defineRoute, type Route } from '@mentor-sessions/service-kit/http';
import { services, type Act, type Databases } from '../databases.ts';
import { discardDeadLetters, listDeadLetters } from '../dead-letters.ts';
import { requestReplays } from '../replays.ts';
import { pauseWorkers, resumeWorkers } from '../workers.ts';
import { group } from './group.ts';

const because = text({ min: 1, max: 500 }).describe('why; kept permanently beside who acted');

/** The group as the operator saw it: `count` letters at the moment `until`. What died since is not theirs to judge. */
const letters = z.strictObject({ ...group, count: z.int().positive(), until: instant, because });

const target = z.strictObject({
  service: z.enum(services),
  target: z.enum(['relay', 'consumer']).or(id).describe('a role, or the id of one worker'),
  because,
});

type OnLetters = (
  databases: Databases,
  found: Awaited<ReturnType<typeof listDeadLetters>>,
  act: Act,
) => Promise<number>;

const letterRoute = (verb: 'replay' | 'discard', summary: string) => (databases: Databases, act: OnLetters) =>
  defineRoute({
    method: 'post',
    path: `/api/dead-letters/${verb}`,
    operationId: `${verb}DeadLetters`,
    summary,
    body: letters,
    responses: { 200: { description: 'how many there were' } },
    problems: ['forbidden', 'not-as-shown'],
    handle: async ({ body: { because, count, ...shown }, actor }) => {
      const found = await listDeadLetters(databases, shown);
      if (found.length !== count) throw notAsShown(count, found.length);
      const done = await act(databases, found, { operator: actor.userId, reason: because });
      return { status: 200, body: { count: done } };
    },
  });

const notAsShown = (shown: number, found: number): Conflict => {
  const detail = `The group has changed: ${shown} dead letters were shown, ${found} of them are open now. Nothing was done; look at the group again.`;
  return new Conflict('not-as-shown', detail);
};

const replayRoute = letterRoute('replay', 'Has the consumers handle the open letters of a group again');
const discardRoute = letterRoute('discard', 'Resolves the open letters of a group without handling them');

type OnWorkers = (databases: Databases, on: z.output<typeof target>, act: Act) => Promise<unknown>;

const workerRoute = (verb: 'pause' | 'resume', summary: string) => (databases: Databases, act: OnWorkers) =>
  defineRoute({
    method: 'post',
    path: `/api/workers/${verb}`,
    operationId: `${verb}Workers`,
    summary,
    body: target,
    responses: { 200: { description: 'it is wanted so from now on' } },
    problems: ['forbidden'],
    handle: async ({ body, actor }) => {
      await act(databases, body, { operator: actor.userId, reason: body.because });
      return { status: 200, body: {} };
    },
  });

const pauseRoute = workerRoute('pause', 'A role in all its processes, or one process, stands still');
const resumeRoute = workerRoute('resume', 'And goes on');

export const actRoutes = (databases: Databases): Route[] => [
  replayRoute(databases, async (...asked) => (await requestReplays(...asked)).length),
  discardRoute(databases, discardDeadLetters),
  pauseRoute(databases, pauseWorkers),
  resumeRoute(databases, resumeWorkers),
];
