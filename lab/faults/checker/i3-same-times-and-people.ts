import type { BookingRow, Invariant, SessionRow } from '../evidence/evidence.ts';

const copied = [
  'listing_id',
  'mentor_profile_id',
  'mentee_user_id',
  'start_time',
  'end_time',
  'notes',
  'metadata',
] as const satisfies readonly (keyof BookingRow & keyof SessionRow)[];

/** I3: times, people and all other copied columns of a session equal its booking's. */
export const sameTimesAndPeople: Invariant = ({ bookings, sessions }) => {
  const byId = new Map(bookings.bookings.map((booking) => [booking.id, booking]));
  return sessions.sessions.flatMap((session) => {
    const booking = byId.get(session.booking_id);
    if (!booking) return []; // I2
    const different = copied.filter((column) => booking[column] !== session[column]);
    if (booking.session_id === session.id && different.length === 0) return [];
    const says = `a session differs from its booking in ${different.join(', ') || 'its id'}`;
    return [{ invariant: 'I3' as const, says, witness: { booking, session } }];
  });
};
