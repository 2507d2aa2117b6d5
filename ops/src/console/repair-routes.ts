import { z } from 'zod';
import { catalogue } from '@mentor-sessions/contracts';
import { Conflict, Unavailable } from '@mentor-sessions/service-kit/errors';
import { id, instant, text } from '@mentor-sessions/service-kit/fields';
import type { Route } from '@mentor-sessions/service-kit/http';
import { listActions } from '../actions.ts';
import { services, type Connections } from '../connections.ts';
import { findDrift } from '../drift.ts';
import { emitLost } from '../emit-lost.ts';
import { describeError, UsageError } from '../errors.ts';
import { countResend, resend } from '../events.ts';
import { actOnParked, listOutbox, MAX_PARKED } from '../outbox.ts';
import { DRIFT_LIMIT_SECONDS } from '../status.ts';
import { acting, reading } from './route.ts';

const MAX_LISTED = 100;
/** Seconds that a request waits for consumers to publish. */
const WAIT_SECONDS = 10;

const drift = { olderThan: DRIFT_LIMIT_SECONDS };
const parked = { service: z.enum(services), messageIds: z.array(id).min(1).max(MAX_PARKED) };
const types = [...new Set(catalogue.map(({ type }) => type))];
const published = {
  type: z.enum(types),
  queue: text({ min: 1, max: 255 }),
  since: instant,
  until: instant.optional(),
};
const actions = {
  operator: text({ min: 1, max: 255 }).optional().describe('a part of the name'),
  until: instant.optional().describe('before'),
};

/** Outbox, reconcile, resend, and the record of what operators did: the functions of the command line. */
export const repairRoutes = (sources: Pick<Connections, 'databases' | 'broker'>): Route[] => {
  const { databases } = sources;
  return [
    reading(
      '/api/outbox',
      { summary: `The oldest ${MAX_LISTED} unpublished events of each service, and up to ${MAX_PARKED} parked ones` },
      async () => {
        const oldest = await listOutbox(databases, { limit: MAX_LISTED });
        const pending = oldest.filter(({ parkedAt }) => parkedAt === null);
        return { parked: await listOutbox(databases, { parked: true, limit: MAX_PARKED }), pending };
      },
    ),
    ...(['unpark', 'drop'] as const).map((verb) =>
      acting(
        `/api/outbox/${verb}`,
        { summary: `${verb}s parked events`, body: parked },
        async ({ service, messageIds }, action) => {
          const rows = messageIds.map((messageId) => ({ service, messageId }));
          return { count: await actOnParked(databases, verb, rows, action) };
        },
      ),
    ),
    reading(
      '/api/reconcile',
      { summary: 'Accepted bookings without a session, and sessions of the last week whose state differs' },
      () => findDrift(databases, drift),
    ),
    acting('/api/reconcile/emit', { summary: 'Publishes again what was lost', body: {} }, async (_, action) =>
      emitLost(databases, await findDrift(databases, drift), { action, waitSeconds: WAIT_SECONDS }),
    ),
    reading('/api/events/types', { summary: 'The types of events' }, () => Promise.resolve({ types })),
    reading(
      '/api/events/published',
      { summary: 'How many published events a resend would send', query: published, problems: ['not-possible'] },
      async ({ query: { until = new Date(), ...which } }) => {
        return { matching: await explained(countResend(sources, { ...which, until })) };
      },
    ),
    acting(
      '/api/events/resend',
      {
        summary: 'Sends published events to one queue only, in order, with the same ids',
        body: published,
        problems: ['not-possible'],
      },
      async ({ until = new Date(), ...which }, action) => {
        return { sent: await explained(resend(sources, { ...which, until, action })) };
      },
    ),
    reading(
      '/api/actions',
      { summary: `Who did what and why, latest first, ${MAX_LISTED} at a time`, query: actions },
      async ({ query }) => {
        const items = await listActions(databases, { ...query, limit: MAX_LISTED });
        return { items, next: items.length < MAX_LISTED ? null : items.at(-1)?.at };
      },
    ),
  ];
};

/** Says what the command line would say. */
const explained = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof UsageError) throw new Conflict('not-possible', error.message);
    throw new Unavailable(describeError(error), { cause: error });
  }
};
