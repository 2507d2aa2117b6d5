import type { Evidence, Invariant, Violation } from '../evidence/evidence.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I1', says, witness });

const acceptedIn = ({ bookings }: Evidence) => bookings.bookings.filter(({ status }) => status === 'accepted');

/** The test's own messages count as acceptances of bookings that only the test knows. */
const exactlyOne = (evidence: Evidence): Violation[] => {
  const sessionsOf = Map.groupBy(evidence.sessions.sessions, (session) => session.booking_id);
  const accepted = [
    ...acceptedIn(evidence).map((booking) => ({ id: booking.id, booking })),
    ...[...evidence.ownBookings].map((id) => ({ id, booking: null })),
  ];
  return accepted
    .map(({ id, booking }) => ({ id, booking, sessions: sessionsOf.get(id) ?? [] }))
    .filter(({ sessions }) => sessions.length !== 1)
    .map((witness) => violation(`an accepted booking has ${witness.sessions.length} sessions`, witness));
};

const notForgotten = (evidence: Evidence): Violation[] => {
  const ids = new Set(acceptedIn(evidence).map(({ id }) => id));
  return evidence.operations
    .filter(({ action, outcome, id }) => action === 'accept' && outcome === 'ok' && !ids.has(id ?? ''))
    .map((operation) => violation('an acceptance that was answered is not there', operation));
};

/** Users know a session's id only from its booking, whatever the response was. */
const onlyKnownSessions = (evidence: Evidence): Violation[] => {
  const minted = new Set(acceptedIn(evidence).map(({ session_id }) => session_id));
  const own = evidence.sessions.sessions.filter(({ booking_id }) => evidence.ownBookings.has(booking_id));
  const known = new Set([...minted, ...own.map(({ id }) => id)]);
  const asked = evidence.operations.filter(({ aggregate, id }) => aggregate === 'session' && !known.has(id));
  return [...Map.groupBy(asked, ({ id }) => id).values()].map(([first]) =>
    violation('an answer names a session that belongs to no accepted booking', first),
  );
};

/** I1: at rest every accepted booking has exactly one session; an acceptance that was answered is stored. */
export const oneSessionForEachAcceptedBooking: Invariant = (evidence) =>
  [exactlyOne, notForgotten, onlyKnownSessions].flatMap((part) => part(evidence));
