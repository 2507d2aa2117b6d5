import type { Breakage, Booking, Broken, Reported, Session } from './world.ts';
import {
  auditOf,
  bookingOf,
  bookingsThatAre,
  broken,
  brokenBooking,
  brokenSession,
  drop,
  newId,
  sayOtherwise,
  sessionsThatAre,
} from './world.ts';

const any = ['scheduled', 'in_progress', 'completed'] as const;

/** As if its message had never been handled; responses to users remain. */
const forget = (world: Broken, { id }: Session): void => {
  drop(world.sessions.sessions, (session) => session.id === id);
  drop(world.sessions.audit, (row) => row.id === id);
  drop(world.sessions.published, (row) => row.aggregate_id === id);
  drop(world.sessions.timerEvents, (row) => row.aggregate_id === id);
  drop(world.wire, ({ subject }) => subject === id);
};

/** Another session, with its audit. */
const add = (world: Broken, session: Session): string => {
  const created = { id: session.id, from_status: null, to_status: 'scheduled', actor_user_id: newId(), at: 0 };
  const accepted = auditOf(world.bookings.audit, session.booking_id, 'accepted') as typeof created | undefined;
  const actor_user_id = accepted?.actor_user_id ?? created.actor_user_id;
  const fresh = { status: 'scheduled', version: 1, started_by: null, started_at: null, completed_by: null } as const;
  world.sessions.sessions.push({ ...session, ...fresh });
  world.sessions.audit.push({ ...created, actor_user_id });
  return session.id;
};

const ofBooking = ({ session_id, accepted_message_id: _, ...terms }: Booking): Session => ({
  ...terms,
  id: session_id ?? newId(),
  booking_id: terms.id,
  status: 'scheduled',
  version: 1,
  started_by: null,
  completed_by: null,
  accepted_at: 0,
  started_at: null,
});

/** A column of a session differs from its booking. */
const changed = (
  says: string,
  reported: Reported,
  column: keyof Session,
  to: (old: string) => unknown = newId,
): Breakage =>
  brokenSession(says, reported, any, (session) => {
    Object.assign(session, { [column]: to(String(session[column])) });
  });

export const brokenRows: readonly Breakage[] = [
  broken('an accepted booking lost its session', { by: ['I1'], also: ['I5', 'I6'] }, (world, pick) => {
    const session = pick(sessionsThatAre(world, ...any));
    forget(world, session);
    return session.booking_id;
  }),
  broken('the message was acknowledged without effect', { by: ['I1', 'I8'], also: ['I5', 'I6'] }, (world, pick) => {
    const dead = new Set(world.sessions.deadLetters.map(({ message_id }) => message_id));
    const all = sessionsThatAre(world, ...any).map((session) => ({ session, booking: bookingOf(world, session) }));
    const { session, booking } = pick(all.filter((each) => !dead.has(each.booking.accepted_message_id)));
    forget(world, session);
    drop(world.sessions.inbox, (id) => id === booking.accepted_message_id);
    return session.booking_id;
  }),
  broken('a good message of the test itself has no session', { by: ['I1'], also: ['I8'] }, (world, pick) => {
    const session = pick(world.sessions.sessions.filter(({ booking_id }) => world.ownBookings.has(booking_id)));
    forget(world, session);
    return session.booking_id;
  }),
  broken('a booking has a second session', { by: ['I1', 'I3', 'I7'], also: ['I13'] }, (world, pick) => {
    const session = pick(sessionsThatAre(world, ...any));
    add(world, { ...session, id: newId() });
    return session.booking_id;
  }),
  broken('a declined booking has a session', { by: ['I2', 'I3', 'I7'], also: ['I13'] }, (world, pick) =>
    add(world, ofBooking(pick(bookingsThatAre(world, 'declined')))),
  ),
  broken('a session is of a booking that is not there', { by: ['I2', 'I7'], also: ['I13'] }, (world, pick) => {
    const booking = pick(bookingsThatAre(world, 'accepted'));
    return add(world, { ...ofBooking(booking), id: newId(), booking_id: newId() });
  }),
  changed('a session starts one microsecond later', { by: ['I3', 'I7'] }, 'start_time', (start) =>
    start.replace('+00', '.000001+00'),
  ),
  changed('a session ends one millisecond later', { by: ['I3', 'I7'], also: ['I13'] }, 'end_time', (end) =>
    end.replace('+00', '.001+00'),
  ),
  changed('a session has other notes', { by: ['I3'] }, 'notes', (notes) => `${notes}.`),
  changed('a session has other metadata', { by: ['I3', 'I7'] }, 'metadata', () => '{}'),
  changed('a session is of another listing', { by: ['I3', 'I7'] }, 'listing_id'),
  changed('a session is another mentee’s', { by: ['I3', 'I7'], also: ['I5'] }, 'mentee_user_id'),
  changed('a session is another mentor’s', { by: ['I3', 'I7'], also: ['I5'] }, 'mentor_profile_id'),
  brokenBooking(
    'a session has another id than its acceptance gave it',
    { by: ['I3', 'I7'], also: ['I1'] },
    'accepted',
    (booking) => {
      booking.session_id = newId();
    },
  ),
  broken('a mentor has two accepted bookings at once', { by: ['I11'], also: ['I13'] }, (world, pick) => {
    const session = pick(sessionsThatAre(world, ...any));
    const { start_time, end_time } = pick(
      sessionsThatAre(world, ...any).filter((other) => other.start_time > session.start_time),
    );
    const booking = bookingOf(world, session);
    for (const row of [session, booking]) Object.assign(row, { start_time, end_time });
    sayOtherwise(
      world,
      ({ subject }) => subject === session.id || subject === booking.id,
      ({ data }) => {
        data['start'] = `${start_time.slice(0, 19).replace(' ', 'T')}.000Z`;
        data['end'] = `${end_time.slice(0, 19).replace(' ', 'T')}.000Z`;
      },
    );
    return booking.id;
  }),
];
