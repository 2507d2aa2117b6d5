import { readUntilDone } from './command.ts';
import type { Action, Databases } from './connections.ts';
import type { Drift } from './drift.ts';
import { emitEvents } from './events.ts';
import type { SessionDifference } from './session-comparison.ts';

/** Of both kinds. */
export type Sent = { readonly asked: number; readonly sent: number };

type Emitting = { readonly action: Action; readonly waitSeconds: number };

/** Publishes again what was lost. */
export const emitLost = async (databases: Databases, { overdue, news }: Drift, emitting: Emitting): Promise<Sent> => {
  const lost = overdue.filter(({ state }) => state === 'lost').map(({ bookingId }) => bookingId);
  const reminded = await remind(databases, lost, emitting);
  const emitted = await emitLatest(databases, news, emitting);
  return { asked: reminded.asked + emitted.asked, sent: reminded.sent + emitted.sent };
};

const unsent = 'select from awaited_sessions where booking_id = any($1::uuid[]) and attempts = 0';

/** Restarts the reminders of these bookings, which the consumer of bookings publishes within seconds. */
const remind = async ({ bookings }: Databases, ids: readonly string[], emitting: Emitting): Promise<Sent> => {
  const { operator, reason } = emitting.action;
  if (ids.length === 0) return { asked: 0, sent: 0 };
  const asked = await bookings.query('select from awaited_sessions_remind($1, $2, $3)', [ids, operator, reason]);
  const waiting = await readUntilDone(
    () => bookings.query(unsent, [ids]),
    (rows) => rows.length,
    emitting.waitSeconds,
  );
  return { asked: asked.length, sent: asked.length - waiting.length };
};

const latestEvents = {
  scheduled: 'session.scheduled',
  in_progress: 'session.started',
  completed: 'session.completed',
} as const;

/**
 * Emits the latest event of each session, which suffices: it includes the earlier ones, and bookings keeps the
 * highest sequence. A lost session is created again by its booking's event.
 */
const emitLatest = async (
  databases: Databases,
  differences: readonly SessionDifference[],
  { action, waitSeconds }: Emitting,
): Promise<Sent> => {
  const missing = differences.filter(({ state }) => state === 'missing');
  const gone = differences.filter(({ state }) => state === 'gone');
  const requests = [
    ...Object.entries(latestEvents).map(([status, type]) => ({
      service: 'sessions' as const,
      type,
      ids: missing.filter((session) => session.status === status).map(({ sessionId }) => sessionId),
    })),
    { service: 'bookings' as const, type: 'booking.accepted', ids: gone.map(({ bookingId }) => bookingId) },
  ].filter(({ ids }) => ids.length > 0);
  const sent = { asked: 0, sent: 0 };
  for (const request of requests) {
    const emitted = await emitEvents(databases, { ...request, again: true, action, waitSeconds });
    sent.asked += emitted.length;
    sent.sent += emitted.filter(({ outcome }) => outcome === 'emitted').length;
  }
  return sent;
};
