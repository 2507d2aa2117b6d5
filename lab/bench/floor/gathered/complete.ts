/** The floor of complete, with batched statements: each serves all requests that wait. No request may fail. */
import { completeWith, type Session } from '../http/complete.ts';
import { gathered } from './gather.ts';

const columns = `s.id, s.booking_id as "bookingId", s.listing_id as "listingId", s.mentor_profile_id as "mentorProfileId",
  s.mentee_user_id as "menteeUserId", s.start_time as start, s.end_time as "end", s.status, s.notes, s.metadata,
  s.started_at as "startedAt", s.started_by as "startedBy", s.completed_at as "completedAt",
  s.completed_by as "completedBy", s.version, s.created_at as "createdAt", s.updated_at as "updatedAt"`;

const read = `select ${columns}, a.accepted_by as "mentorUserId", date_trunc('milliseconds', clock_timestamp()) as now
  from unnest((select $1::uuid[])) as asked (id) join sessions s using (id) join accepted_bookings a on a.booking_id = s.booking_id`;

const write = `with asked as (
    select * from rows from (unnest((select $1::uuid[]), (select $2::integer[]), (select $3::integer[]), (select $4::timestamptz[]), (select $5::uuid[]), (select $6::uuid[]), (select $7::smallint[])), json_array_elements($8::json))
      as asked (id, before, after, at, by, message_id, lane, envelope)),
  written as (
    update sessions s set status = 'completed', version = after, completed_at = at, completed_by = by, updated_at = at
    from asked where s.id = asked.id and version = before returning asked.*),
  enqueued as (
    insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select message_id, id, after, 'session.completed', lane, envelope from written)
  select id from written`;

await completeWith(gathered<Session>({ read, write }));
