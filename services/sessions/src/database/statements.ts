import { sql } from '@mentor-sessions/service-kit/database';

// The write path adds to this one what belongs into the same statement: the event, and the answer under an Idempotency-Key.

export const update = `update sessions
  set status = :status, version = :version, started_at = :startedAt, started_by = :startedBy,
    completed_at = :completedAt, completed_by = :completedBy, updated_at = :updatedAt
  where id = :id and version = :version - 1`;

/** Copies of the bookings and their sessions, sorted by key: one order for all, no deadlocks. */
export const schedule = sql(
  'sessions-schedule',
  `with message as (
      select * from jsonb_to_recordset(:messages::jsonb) as m(
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
    created as (
      insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
      select "sessionId", "bookingId", "listingId", "mentorProfileId", "menteeUserId", start, "end", notes, metadata
      from message join accepted using (message_id)
      order by "bookingId"
      returning booking_id, created_at)
    select accepted.message_id, created.created_at from created join accepted using (booking_id)`,
);

export const knownBookings = sql(
  'accepted-bookings-known',
  `select booking_id, session_id, message_id, content_hash from accepted_bookings
    where booking_id = any(:bookingIds::uuid[]) or session_id = any(:sessionIds::uuid[])
      or message_id = any(:messageIds::uuid[])`,
);
