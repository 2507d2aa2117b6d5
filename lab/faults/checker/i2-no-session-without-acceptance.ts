import type { Invariant } from '../evidence/evidence.ts';

/** I2: no session without an accepted booking or a message sent by the test. */
export const noSessionWithoutAcceptance: Invariant = ({ bookings, sessions, ownBookings }) => {
  const byId = new Map(bookings.bookings.map((booking) => [booking.id, booking]));
  return sessions.sessions
    .filter(({ booking_id }) => byId.get(booking_id)?.status !== 'accepted' && !ownBookings.has(booking_id))
    .map((session) => ({
      invariant: 'I2' as const,
      says: 'a session whose booking was not accepted',
      witness: { session, booking: byId.get(session.booking_id) ?? null },
    }));
};
