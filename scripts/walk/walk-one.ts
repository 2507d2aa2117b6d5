import { randomUUID } from 'node:crypto';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { expectData, type Apis } from './apis.ts';
import { listingId, people } from './people.ts';

/** Where a walk can end; the last is the default. */
export const states = ['draft', 'declined', 'cancelled', 'accepted', 'scheduled', 'in_progress', 'completed'] as const;
export type State = (typeof states)[number];

const HOUR_MS = 3_600_000;

type Both = { readonly mentor: Apis; readonly mentee: Apis };
type Walked = { readonly bookingId: string; readonly sessionId?: string };

/** One booking from its request to `until`. */
export const walkOne = async (
  { mentor, mentee }: Both,
  { until, start }: { readonly until: State; readonly start: Date },
): Promise<Walked> => {
  const body = {
    listingId,
    mentorProfileId: people.mentor.mentorProfileId,
    start: start.toISOString(),
    end: new Date(start.getTime() + HOUR_MS).toISOString(),
    notes: 'How do I find my first job as an engineer?',
    metadata: { source: 'npm run walk' },
  };
  const header = { 'Idempotency-Key': randomUUID() };
  const { id: bookingId } = expectData(await mentee.bookings.POST('/bookings', { body, params: { header } }));
  const booking = { params: { path: { id: bookingId } } };
  if (until === 'declined') expectData(await mentor.bookings.PATCH('/bookings/{id}/decline', booking));
  if (until === 'cancelled') expectData(await mentee.bookings.PATCH('/bookings/{id}/cancel', booking));
  if (states.indexOf(until) < states.indexOf('accepted')) return { bookingId };

  const sessionId = String(expectData(await mentor.bookings.PATCH('/bookings/{id}/accept', booking)).sessionId);
  const session = { params: { path: { id: sessionId } } };
  const isThere = async () => (await mentee.sessions.GET('/sessions/{id}', session)).response.ok;
  if (until !== 'accepted') await eventually(isThere, { every: 10, describe: 'the session of an accepted booking' });
  if (until === 'in_progress' || until === 'completed')
    expectData(await mentee.sessions.PATCH('/sessions/{id}/start', session));
  if (until === 'completed') expectData(await mentor.sessions.PATCH('/sessions/{id}/complete', session));
  return { bookingId, sessionId };
};
