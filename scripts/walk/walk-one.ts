import { randomUUID } from 'node:crypto';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { expectData, type Apis } from './apis.ts';
import { listingId, people } from './people.ts';

/** Where a walk can end; the last is the default. */
export const states = ['draft', 'declined', 'cancelled', 'accepted', 'scheduled', 'in_progress', 'completed'] as const;
export type State = (typeof states)[number];

const MINUTE_MS = 60_000;

type Wish = {
  readonly start: Date;
  readonly source: string;
  readonly minutes?: number;
  readonly notes?: string | null;
  readonly listingId?: string;
  readonly mentorProfileId?: string;
};

/** What a mentee asks for; by default an hour of the mentor whose token `npm start` prints. */
export const bookingRequest = ({ start, source, minutes = 60, ...wish }: Wish) => ({
  listingId,
  mentorProfileId: people.mentor.mentorProfileId,
  notes: 'How do I find my first job as an engineer?',
  ...wish,
  start: start.toISOString(),
  end: new Date(start.getTime() + minutes * MINUTE_MS).toISOString(),
  metadata: { source },
});

type Walk = {
  readonly mentor: Apis;
  readonly mentee: Apis;
  readonly until: State;
  readonly wish: Wish;
  /** The Idempotency-Key of each request; default: a new one. */
  readonly keyOf?: (action: string) => string;
};
type Walked = { readonly bookingId: string; readonly sessionId?: string };

/** One booking from its request to `until`. */
export const walkOne = async ({ mentor, mentee, until, wish, keyOf = () => randomUUID() }: Walk): Promise<Walked> => {
  const header = (action: string) => ({ 'Idempotency-Key': keyOf(action) });
  const requested = { body: bookingRequest(wish), params: { header: header('request') } };
  const { id: bookingId } = expectData(await mentee.bookings.POST('/bookings', requested));
  const booking = (action: string) => ({ params: { path: { id: bookingId }, header: header(action) } });
  if (until === 'declined') expectData(await mentor.bookings.PATCH('/bookings/{id}/decline', booking('decline')));
  if (until === 'cancelled') expectData(await mentee.bookings.PATCH('/bookings/{id}/cancel', booking('cancel')));
  if (states.indexOf(until) < states.indexOf('accepted')) return { bookingId };

  const accepted = expectData(await mentor.bookings.PATCH('/bookings/{id}/accept', booking('accept')));
  const path = { id: String(accepted.sessionId) };
  const session = (action: string) => ({ params: { path, header: header(action) } });
  const isThere = async () => (await mentee.sessions.GET('/sessions/{id}', { params: { path } })).response.ok;
  const waiting = { within: MINUTE_MS, every: 10, describe: 'the session of an accepted booking' };
  if (until !== 'accepted') await eventually(isThere, waiting);
  if (until === 'in_progress' || until === 'completed')
    expectData(await mentee.sessions.PATCH('/sessions/{id}/start', session('start')));
  if (until === 'completed') expectData(await mentor.sessions.PATCH('/sessions/{id}/complete', session('complete')));
  return { bookingId, sessionId: path.id };
};
