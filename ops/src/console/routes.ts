import { z } from 'zod';
import { Conflict, NotFound } from '@mentor-sessions/service-kit/errors';
import { id, instant, text } from '@mentor-sessions/service-kit/fields';
import type { Route } from '@mentor-sessions/service-kit/http';
import { services, type Connections, type Databases } from '../connections.ts';
import {
  discardDeadLetters,
  groupDeadLetters,
  listDeadLetters,
  showDeadLetter,
  type DeadLetter,
} from '../dead-letters.ts';
import { listReplays, requestReplays } from '../replays.ts';
import { readTrace } from '../trace.ts';
import { actOnWorkers } from '../workers.ts';
import { repairRoutes } from './repair-routes.ts';
import { acting, reading, whole } from './route.ts';

/** Actions come first, because `replay` would match as the id of a dead letter. */
export const consoleRoutes = (connections: Pick<Connections, 'databases' | 'broker'>): Route[] => [
  ...actionRoutes(connections.databases),
  ...readingRoutes(connections.databases),
  ...repairRoutes(connections),
];

const service = z.enum(services);

/** Identifies a group of dead letters. */
const group = {
  service,
  queue: text({ min: 1, max: 255 }),
  reason: text({ min: 1, max: 255 }),
  fingerprint: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
};

/**
 * The group as the operator saw it: `count` dead letters first seen before `until`, or those of `ids`. Later ones are left
 * alone.
 */
const shownGroup = {
  ...group,
  count: z.int().positive(),
  until: instant.optional(),
  ids: z.array(id).min(1).max(1_000).optional(),
};

const workerTarget = {
  service,
  target: z.enum(['relay', 'timer', 'consumer']).or(id).describe('a role, the timer, or the id of one worker'),
};

/** Open dead letters of a group, if they are still those that the operator saw. */
const findShown = async (
  databases: Databases,
  { count, fingerprint, ids, ...filter }: z.output<z.ZodObject<typeof shownGroup>>,
): Promise<DeadLetter[]> => {
  const found = await listDeadLetters(databases, { ...filter, group: fingerprint, id: ids });
  if (found.length === count) return found;
  throw new Conflict(
    'not-as-shown',
    `The group has changed: ${count} dead letters were shown, ${found.length} of them are open now. Nothing was done; check the group again.`,
  );
};

const ofShownGroup = { body: shownGroup, problems: ['not-as-shown'] };

const actionRoutes = (databases: Databases): Route[] => [
  acting(
    '/api/dead-letters/replay',
    { summary: 'Has the consumers handle open dead letters of a group again', ...ofShownGroup },
    async (shown, action) => {
      const replays = await requestReplays(databases, await findShown(databases, shown), action);
      const ids = replays.map(({ id }) => id);
      const range = { from: Math.min(...ids), to: Math.max(...ids) };
      return { count: ids.length, replays: ids.length > 0 ? range : null };
    },
  ),
  acting(
    '/api/dead-letters/discard',
    { summary: 'Resolves open dead letters of a group without handling them', ...ofShownGroup },
    async (shown, action) => {
      return { count: await discardDeadLetters(databases, await findShown(databases, shown), action) };
    },
  ),
  ...(['pause', 'resume'] as const).map((verb) =>
    acting(
      `/api/workers/${verb}`,
      { summary: `${verb}s a role in all its processes, or one process`, body: workerTarget },
      async (target, action) => {
        await actOnWorkers(databases, verb, target, action);
        return {};
      },
    ),
  ),
];

const PAGE = 50;

const readingRoutes = (databases: Databases): Route[] => [
  reading(
    '/api/stories/{id}',
    { summary: 'The history of a booking or session in both services', params: { id }, problems: ['not-found'] },
    async ({ params }) => {
      const trace = await readTrace(databases, params.id);
      if (!trace) throw new NotFound('No booking or session has this id.');
      return trace;
    },
  ),
  reading(
    '/api/dead-letters',
    {
      summary: `Open dead letters of a group, oldest first, ${PAGE} a page; and the group, null if none is open`,
      query: { ...group, page: whole.default(1) },
    },
    async ({ query: { fingerprint, page, ...filter } }) => {
      const same = { ...filter, group: fingerprint };
      const [known = null] = await groupDeadLetters(databases, same);
      const items = await listDeadLetters(databases, { ...same, limit: PAGE, offset: (page - 1) * PAGE });
      return { group: known, items, pages: Math.ceil((known?.count ?? 0) / PAGE) };
    },
  ),
  reading(
    '/api/replays',
    {
      summary: 'What became of the replays that were requested together; outcome null: being replayed',
      query: { service, from: whole, to: whole },
    },
    async ({ query }) => ({ items: await listReplays(databases, query) }),
  ),
  reading(
    '/api/dead-letters/{id}',
    {
      summary: 'One dead letter with its body and replays; reading it is recorded',
      params: { id },
      problems: ['not-found'],
    },
    async ({ params, operator }) => {
      const deadLetter = await showDeadLetter(databases, params.id, { operator, reason: 'shown in the console' });
      if (!deadLetter) throw new NotFound('There is no dead letter with this id.');
      return deadLetter;
    },
  ),
];
