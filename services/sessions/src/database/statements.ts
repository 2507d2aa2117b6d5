import { sql } from '@mentor-sessions/service-kit/database';
import { givenColumns } from '@mentor-sessions/service-kit/repository';
import { sessions } from './entity.ts';

const given = givenColumns(sessions);
const columns = given.map(({ column }) => column).join(', ');
const values = given.map(({ property }) => `"${property}"`).join(', ');
const typed = given.map(({ property, type }) => `"${property}" ${type}`).join(', ');

/** Copies of the bookings and their sessions, sorted by key: one order for all, no deadlocks. */
export const schedule = sql(
  'sessions-schedule',
  `with message as (
      select * from jsonb_to_recordset(:messages::jsonb) as m(
        "messageId" uuid, "contentHash" text, "acceptedAt" timestamptz, "acceptedBy" uuid, ${typed})
      order by "bookingId"),
    accepted as (
      insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
        mentee_user_id, start_time, end_time, accepted_at, accepted_by)
      select "bookingId", id, "messageId", decode("contentHash", 'hex'), "listingId", "mentorProfileId",
        "menteeUserId", "startTime", "endTime", "acceptedAt", "acceptedBy"
      from message
      on conflict do nothing
      returning message_id, booking_id),
    created as (
      insert into sessions (${columns})
      select ${values} from message join accepted on message_id = "messageId"
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
