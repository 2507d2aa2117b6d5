import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { serve } from '@mentor-sessions/lab/local-server';
import type pg from 'pg';
import { insertBookings, plainBooking } from '../../../services/bookings/test/plain-bookings.ts';
import { insertSessions, plainSession } from '../../../services/sessions/test/plain-sessions.ts';

/** Stands for the thing that a request is to change; the next fresh one takes its place on the way. */
export const placeholder = '01980000-0000-7000-8000-0000000000ff';

/**
 * A tool asks for the same transition many times, and each is possible once: between the tool and the api the placeholder
 * becomes the id of one that has not been changed yet, and as an Idempotency-Key one that was never used. Nothing else is
 * touched, neither question nor answer.
 */
export const freshIds = (api: string, next: (path: string) => string): ReturnType<typeof serve> => {
  const { hostname, port } = new URL(api);
  return serve((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    const path = url.includes(placeholder) ? url.replace(placeholder, next(url)) : url;
    if (headers['idempotency-key'] === placeholder) headers['idempotency-key'] = randomUUID();
    const asked = request({ hostname, port, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    asked.on('error', () => outgoing.destroy());
    incoming.pipe(asked);
  });
};

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
  /** For `/bookings/{id}/accept` one that can be accepted; for `/bookings/{id}` and its history one that stays. */
  return (path: string): string => {
    const [, collection = '', , action = ''] = (path.split('?')[0] ?? '').split('/');
    const left = ids.get(action) ?? ids.get(collection) ?? [];
    return (left.length > 1 ? left.shift() : left[0]) ?? '';
  };
};
