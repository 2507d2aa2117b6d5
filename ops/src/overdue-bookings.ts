import { onlyRow } from '@mentor-sessions/service-kit/database';
import type { Databases } from './connections.ts';

/** A booking that was accepted too long ago for bookings not to have received its session. */
export type OverdueBooking = {
  readonly bookingId: string;
  readonly sessionId: string;
  readonly messageId: string;
  readonly acceptedAt: Date;
  /** How often booking.accepted was published again. */
  readonly attempts: number;
  readonly givenUpAt: Date | null;
  /**
   * in outbox: not published yet. dead letter: sessions could not handle it. session exists: its events did not reach
   * bookings. other session: the booking has a session with another id, so the bookings database was restored and the
   * booking accepted again. lost: published, but in neither database; or still in flight.
   */
  readonly state: 'in outbox' | 'dead letter' | 'session exists' | 'other session' | 'lost';
};

const awaited = `select booking_id as "bookingId", session_id as "sessionId", accepted_message_id as "messageId",
    a.accepted_at as "acceptedAt", a.attempts, a.given_up_at as "givenUpAt",
    exists (select from outbox where aggregate_id = booking_id) as "inOutbox"
  from (select * from awaited_sessions where accepted_at < now() - make_interval(secs => $1)
    order by accepted_at limit $2) a join bookings b on b.id = booking_id
  order by a.accepted_at`;

const known = `select
  array(select message_id::text from accepted_bookings where message_id = any($1::uuid[])) as sessions,
  array(select booking_id::text from accepted_bookings where booking_id = any($2::uuid[])) as bookings,
  array(select message_id from dead_letters where resolved_at is null and message_id = any($1::text[])) as "deadLetters"`;

type Row = Omit<OverdueBooking, 'state'> & { readonly inOutbox: boolean };
type Known = Readonly<Record<'sessions' | 'bookings' | 'deadLetters', readonly string[]>>;

/** Oldest first. */
export const findOverdueBookings = async (
  { bookings, sessions }: Databases,
  limitSeconds: number,
  limit: number,
): Promise<OverdueBooking[]> => {
  const rows = await bookings.query<Row>(awaited, [limitSeconds, limit]);
  const ids = [rows.map(({ messageId }) => messageId), rows.map(({ bookingId }) => bookingId)];
  const found = onlyRow(await sessions.query<Known>(known, ids), 'known messages');
  const [handled, booked, dead] = [found.sessions, found.bookings, found.deadLetters].map((each) => new Set(each));
  const stateOf = ({ messageId, bookingId, inOutbox }: Row): OverdueBooking['state'] => {
    if (handled?.has(messageId)) return 'session exists';
    if (booked?.has(bookingId)) return 'other session';
    if (dead?.has(messageId)) return 'dead letter';
    return inOutbox ? 'in outbox' : 'lost';
  };
  return rows.map(({ inOutbox, ...row }) => ({ ...row, state: stateOf({ ...row, inOutbox }) }));
};
