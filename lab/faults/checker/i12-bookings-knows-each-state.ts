import type { Invariant } from '../evidence/evidence.ts';

/** I12: where events of sessions were lost and published again, bookings knows the state of each session. */
export const bookingsKnowsEachState: Invariant = ({
  bookings: { known = [] },
  sessions: { sessions },
  statesMustAgree,
}) => {
  if (!statesMustAgree) return [];
  const knownOf = new Map(known.map((row) => [row.booking_id, row]));
  return sessions
    .filter(({ booking_id, status, version }) => {
      const of = knownOf.get(booking_id);
      return of?.status !== status || of.sequence !== version;
    })
    .map((session) => ({
      invariant: 'I12',
      says: 'bookings does not know the state of a session',
      witness: { session, known: knownOf.get(session.booking_id) ?? null },
    }));
};
