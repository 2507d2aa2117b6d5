import type { BookingRow, Copy, SessionRow } from '../../evidence/evidence.ts';
import type { Event, World } from './world.ts';

const written = (time: string): string => `${time.slice(0, 19).replace(' ', 'T')}.000Z`;

const terms = (row: BookingRow | SessionRow) => ({
  ...{ listingId: row.listing_id, mentorProfileId: row.mentor_profile_id, menteeUserId: row.mentee_user_id },
  ...{ start: written(row.start_time), end: written(row.end_time), metadata: JSON.parse(row.metadata) as object },
});

type Occurrence = Event['row'] & { readonly bookingId: string; readonly data: object };

const event = ({ bookingId, data, ...row }: Occurrence): Event => {
  const { message_id: id, aggregate_id: subject, type } = row;
  const envelope = {
    ...{ specversion: '1.0', id, source: type.startsWith('booking.') ? '/bookings' : '/sessions', type, subject },
    ...{ time: '2030-01-01T00:00:00.000Z', dataschema: `urn:mentor-sessions:${type}:1` },
    ...{ sequence: String(row.sequence).padStart(10, '0'), correlationid: bookingId, data },
  };
  return { row, body: JSON.stringify(envelope) };
};

export const bookingAcceptedEvent = (booking: BookingRow, acceptedBy: string): Event =>
  event({
    ...{ message_id: booking.accepted_message_id as string, aggregate_id: booking.id, bookingId: booking.id },
    ...{ sequence: 2, type: 'booking.accepted' },
    data: { bookingId: booking.id, sessionId: booking.session_id, ...terms(booking), notes: booking.notes, acceptedBy },
  });

/** What the session's last change tells. */
export const sessionEvent = ({ id }: World, session: SessionRow, mentorUserId: string): Event => {
  const { status, version: sequence, started_by: startedBy, completed_by: completedBy } = session;
  const type = { scheduled: 'session.scheduled', in_progress: 'session.started', completed: 'session.completed' }[
    status
  ];
  const scheduled = { sessionId: session.id, bookingId: session.booking_id, ...terms(session), mentorUserId };
  const data = { ...scheduled, ...(startedBy && { startedBy }), ...(completedBy && { completedBy }) };
  return event({ message_id: id(), aggregate_id: session.id, bookingId: session.booking_id, sequence, type, data });
};

const copyOf = ({ row, body }: Event): Copy => ({
  ...{ id: row.message_id, type: row.type, subject: row.aggregate_id },
  ...{ sequence: String(row.sequence).padStart(10, '0'), body },
});

/** First copies in the order of each aggregate, aggregates in any; later copies at any time after their first. */
export const wireOf = ({ tape, told }: World): Copy[] => {
  const waiting = [...Map.groupBy([...told.bookings, ...told.sessions], ({ row }) => row.aggregate_id).values()];
  const wire: Copy[] = [];
  const sent: Event[] = [];
  while (waiting.some(({ length }) => length > 0)) {
    const lane = tape.pick(waiting.filter(({ length }) => length > 0));
    const first = lane.shift() as Event;
    sent.push(first);
    wire.push(copyOf(first));
    while (tape.chance(0.2)) wire.push(copyOf(tape.pick(sent)));
  }
  return wire;
};
