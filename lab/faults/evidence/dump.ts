import type { Rows } from '@mentor-sessions/lab/rows';
import type { BookingsDump, Dump, SessionsDump } from './evidence.ts';

const outbox = 'select message_id, aggregate_id, sequence, type from outbox order by position';
const published = 'select message_id, aggregate_id, sequence, type from outbox_published order by position';
const deadLetters = 'select message_id, reason, times_seen, resolution, last_error from dead_letters order by id';

const dump = async (rows: Rows, handled: string): Promise<Dump> => ({
  outbox: await rows.query(outbox),
  published: await rows.query(published),
  deadLetters: await rows.query(deadLetters),
  inbox: (await rows.query<{ message_id: string }>(handled)).map(({ message_id }) => message_id),
});

const common = `id, listing_id, mentor_profile_id, mentee_user_id, start_time::text, end_time::text, status,
  left(notes, 1000) as notes, case when octet_length(metadata::text) < 4000 then metadata::text else '{}' end as metadata, version`;
const lifecycle = `array_position(array['draft', 'accepted', 'declined', 'cancelled', 'scheduled', 'in_progress', 'completed'], to_status)`;
const audit = (table: string, key: string) =>
  `select ${key} as id, from_status, to_status, actor_user_id from ${table} order by at, ${lifecycle}`;

export const dumpBookings = async (rows: Rows): Promise<BookingsDump> => ({
  ...(await dump(rows, 'select message_id from inbox')),
  bookings: await rows.query(`select ${common}, session_id, accepted_message_id from bookings`),
  audit: await rows.query(audit('booking_transitions', 'booking_id')),
  known: await rows.query('select booking_id, status, sequence from booking_sessions'),
});

/** A message had its effect when the inbox or the copy of the booking knows it: the inbox alone may forget. */
export const dumpSessions = async (rows: Rows): Promise<SessionsDump> => ({
  ...(await dump(rows, 'select message_id from inbox union select message_id from accepted_bookings')),
  sessions: await rows.query(`select ${common}, booking_id, started_by, completed_by from sessions`),
  audit: await rows.query(audit('session_transitions', 'session_id')),
});
