import type pg from 'pg';
import { insertBookings, plainBooking } from '../../../services/bookings/test/plain-bookings.ts';
import { insertSessions, plainSession } from '../../../services/sessions/test/plain-sessions.ts';

const EACH = 400;
const numbers = Array.from({ length: EACH }, (_, n) => n);
const [acceptable, declinable, cancellable] = [0, EACH, 2 * EACH];

/** Bookings and sessions that each transition is possible for; the last of a kind is given again and again. */
export const insertFreshThings = async (bookings: pg.Client, sessions: pg.Client) => {
  const drafts = (from: number) => numbers.map((n) => plainBooking(from + n)); // an hour each: none overlaps another
  const kinds = {
    accept: drafts(acceptable),
    decline: drafts(declinable),
    cancel: drafts(cancellable),
    bookings: [plainBooking(3 * EACH)],
    start: numbers.map((n) => plainSession(n)),
    complete: numbers.map((n) => plainSession(n, { status: 'in_progress' })),
    sessions: [plainSession(EACH)],
  };
  await insertBookings(bookings, [...kinds.accept, ...kinds.decline, ...kinds.cancel, ...kinds.bookings]);
  await insertSessions(sessions, [...kinds.start, ...kinds.complete, ...kinds.sessions]);
  const ids = new Map(Object.entries(kinds).map(([kind, rows]) => [kind, rows.map(({ id }) => id)]));
  /** For `/bookings/{id}/accept` one that can be accepted; for `/bookings/{id}` one that stays. */
  return (path: string): string => {
    const [, collection = '', , action] = (path.split('?')[0] ?? '').split('/');
    const left = ids.get(action ?? collection) ?? [];
    return (left.length > 1 ? left.shift() : left[0]) ?? '';
  };
};
