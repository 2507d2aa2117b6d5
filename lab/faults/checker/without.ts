import type { Dump, Evidence } from '../evidence/evidence.ts';

/** The aggregates of operations, rows and copies. */
type Ids = ReadonlySet<string | null>;

const withoutIn = <D extends Dump>(dump: D, aggregates: Ids, messages: Ids): D => ({
  ...dump,
  outbox: dump.outbox.filter(({ aggregate_id }) => !aggregates.has(aggregate_id)),
  published: dump.published.filter(({ aggregate_id }) => !aggregates.has(aggregate_id)),
  timerEvents: dump.timerEvents.filter(({ aggregate_id }) => !aggregates.has(aggregate_id)),
  inbox: dump.inbox.filter((id) => !messages.has(id)),
  deadLetters: dump.deadLetters.filter(({ message_id }) => !messages.has(message_id)),
});

/** All ids that sessions of these bookings ever had. */
export const sessionIdsOf = ({ bookings, sessions, wire }: Evidence, of: ReadonlySet<string>): Set<string> => {
  const ofRows = [
    ...sessions.sessions.filter(({ booking_id }) => of.has(booking_id)).map(({ id }) => id),
    ...bookings.bookings.flatMap(({ id, session_id }) => (of.has(id) && session_id ? [session_id] : [])),
  ];
  const said = wire
    .filter(({ type }) => type.startsWith('session.') || type === 'booking.accepted')
    .map(({ body }) => (JSON.parse(body) as { data: { bookingId: string; sessionId: string } }).data);
  return new Set([...ofRows, ...said.filter(({ bookingId }) => of.has(bookingId)).map(({ sessionId }) => sessionId)]);
};

/** The world without these bookings and their sessions, and without the requests and events about them. */
export const without = (evidence: Evidence, taken: ReadonlySet<string>): Evidence => {
  const { bookings, sessions, wire, operations } = evidence;
  const ofSessions = sessionIdsOf(evidence, taken);
  const aggregates: Ids = new Set([...taken, ...ofSessions]);
  const messages: Ids = new Set(wire.filter(({ subject }) => aggregates.has(subject)).map(({ id }) => id));
  const isOther = ({ id }: { readonly id: string | null }): boolean => !aggregates.has(id);
  return {
    ...evidence,
    operations: operations.filter(isOther),
    wire: wire.filter(({ subject }) => !aggregates.has(subject)),
    bookings: {
      ...withoutIn(bookings, aggregates, messages),
      bookings: bookings.bookings.filter(isOther),
      audit: bookings.audit.filter(isOther),
      known: (bookings.known ?? []).filter(({ booking_id }) => !taken.has(booking_id)),
    },
    sessions: {
      ...withoutIn(sessions, aggregates, messages),
      sessions: sessions.sessions.filter(isOther),
      audit: sessions.audit.filter(isOther),
    },
  };
};
