import type { BookingAccepted } from '@mentor-sessions/contracts';
import type { Message } from '@mentor-sessions/messaging';
import { complete, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';

export type CreatedSession = { readonly message_id: string; readonly created_at: Date };

export type KnownBooking = {
  readonly booking_id: string;
  readonly session_id: string;
  readonly message_id: string;
  readonly content_hash: Buffer;
};

/** Copies of the bookings and their sessions, sorted by key: one order for everybody, no deadlocks. */
const insert: Statement = {
  name: 'sessions-schedule',
  text: `with message as (
      select * from jsonb_to_recordset($1::jsonb) as m(
        message_id uuid, content_hash text, "bookingId" uuid, "sessionId" uuid, "listingId" uuid, "mentorProfileId" uuid,
        "menteeUserId" uuid, start timestamptz, "end" timestamptz, notes text, metadata jsonb,
        "acceptedAt" timestamptz, "acceptedBy" uuid)
      order by "bookingId"),
    accepted as (
      insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
        mentee_user_id, start_time, end_time, accepted_at, accepted_by)
      select "bookingId", "sessionId", message_id, decode(content_hash, 'hex'), "listingId", "mentorProfileId",
        "menteeUserId", start, "end", "acceptedAt", "acceptedBy"
      from message
      on conflict do nothing
      returning message_id, booking_id),
    born as (
      insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
      select "sessionId", "bookingId", "listingId", "mentorProfileId", "menteeUserId", start, "end", notes, metadata
      from message join accepted using (message_id)
      order by "bookingId"
      returning booking_id, created_at)
    select accepted.message_id, born.created_at from born join accepted using (booking_id)`,
};

const known: Statement = {
  name: 'accepted-bookings-known',
  text: `select booking_id, session_id, message_id, content_hash from accepted_bookings
    where booking_id = any($1::uuid[]) or session_id = any($2::uuid[]) or message_id = any($3::uuid[])`,
};

/** What could be created; a message is missing from the answer when its booking, session or message id is there already. */
export const insertSessions = async (
  tx: Queryable,
  messages: readonly Message<BookingAccepted>[],
): Promise<CreatedSession[]> => {
  const rows = messages.map(({ id, contentHash, data }) => ({
    ...data,
    message_id: id,
    content_hash: contentHash.toString('hex'),
  }));
  const created = await tx.query<CreatedSession>(insert, [JSON.stringify(rows)]);
  return created.map((row) => complete(row, ['message_id', 'created_at'], 'sessions'));
};

export const findKnownBookings = async (
  tx: Queryable,
  messages: readonly Message<BookingAccepted>[],
): Promise<KnownBooking[]> => {
  const rows = await tx.query<KnownBooking>(known, [
    messages.map(({ data }) => data.bookingId),
    messages.map(({ data }) => data.sessionId),
    messages.map(({ id }) => id),
  ]);
  const columns = ['booking_id', 'session_id', 'message_id', 'content_hash'] as const;
  return rows.map((row) => complete(row, columns, 'accepted_bookings'));
};
