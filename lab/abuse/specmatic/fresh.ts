import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { serve } from '@mentor-sessions/lab/local-server';
import type pg from 'pg';
import { insertBookings, plainBooking } from '../../../services/bookings/test/plain-bookings.ts';
import { insertSessions, plainSession } from '../../../services/sessions/test/plain-sessions.ts';

/** A placeholder for the row to change; replaced by an unused one. */
export const placeholder = '01980000-0000-7000-8000-0000000000ff';

/**
 * The tool requests the same transition many times, but each row allows it once: between the tool and the API the placeholder
 * becomes the id of an unchanged row, and in an Idempotency-Key an unused key. Nothing else in requests and responses
 * is changed.
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

/** Bookings and sessions for each transition; the last of a kind is returned again and again. */
export const insertFreshThings = async (bookings: pg.Client, sessions: pg.Client) => {
  const drafts = (from: number) => numbers.map((n) => plainBooking(from + n)); // one hour each, without overlaps
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
  /** For `/bookings/{id}/accept` one that can be accepted; for `/bookings/{id}` and its history one that does not change. */
  return (path: string): string => {
    const [, collection = '', , action = ''] = (path.split('?')[0] ?? '').split('/');
    const left = ids.get(action) ?? ids.get(collection) ?? [];
    return (left.length > 1 ? left.shift() : left[0]) ?? '';
  };
};
