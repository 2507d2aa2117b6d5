/**
 * The least code for `PATCH /sessions/{id}/complete` with the same guarantee: token verified, ownership and state checked, change and
 * outbox row written by one conditional statement, the same response. No Idempotency-Key, If-Match or problem documents.
 */
import { completeWith, type Session } from './http/complete.ts';
import { oneByOne } from './http/rows.ts';

const columns = `s.id, s.booking_id as "bookingId", s.listing_id as "listingId", s.mentor_profile_id as "mentorProfileId",
  s.mentee_user_id as "menteeUserId", s.start_time as start, s.end_time as "end", s.status, s.notes, s.metadata,
  s.started_at as "startedAt", s.started_by as "startedBy", s.completed_at as "completedAt",
  s.completed_by as "completedBy", s.version, s.created_at as "createdAt", s.updated_at as "updatedAt"`;

const read = `select ${columns}, a.accepted_by as "mentorUserId", date_trunc('milliseconds', clock_timestamp()) as now
  from sessions s join accepted_bookings a on a.booking_id = s.booking_id where s.id = $1`;

const write = `with s as (
    update sessions set status = 'completed', version = $3, completed_at = $4, completed_by = $5, updated_at = $4
    where id = $1 and version = $2 returning *),
  enqueued as (
    insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select $6, $1, $3, 'session.completed', $7, $8::json from s)
  select true as written from s`;

await completeWith(oneByOne<Session>({ read, write }));
