/**
 * The least `PATCH /sessions/{id}/complete` that keeps the promise: token verified, ownership and state checked, change and
 * outbox row written by one conditional statement, the same answer. It knows no Idempotency-Key, If-Match or problem document.
 */
import { randomUUIDv7 } from 'node:crypto';
import { laneOf } from '../../../libs/messaging/src/outbox/lane.ts';
import { announce, app, callerOf, listen, pool } from './http/app.ts';

const columns = `s.id, s.booking_id as "bookingId", s.listing_id as "listingId", s.mentor_profile_id as "mentorProfileId",
  s.mentee_user_id as "menteeUserId", s.start_time as start, s.end_time as "end", s.status, s.notes, s.metadata,
  s.started_at as "startedAt", s.started_by as "startedBy", s.completed_at as "completedAt",
  s.completed_by as "completedBy", s.version, s.created_at as "createdAt", s.updated_at as "updatedAt"`;

const read = `select ${columns}, a.accepted_by as "mentorUserId", date_trunc('milliseconds', clock_timestamp()) as now
  from sessions s join accepted_bookings a on a.booking_id = s.booking_id where s.id = $1`;

const write = `with s as (
    update sessions set status = 'completed', version = $3, completed_at = $4, completed_by = $5, updated_at = $4
    where id = $1 and version = $2 returning *),
  told as (
    insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select $6, $1, $3, 'session.completed', $7, $8::json from s)
  select true as written from s`;

type Session = Record<string, unknown> & { id: string; version: number };

app.patch('/sessions/:id/complete', async ({ params: { id }, headers }, response) => {
  const caller = await callerOf(headers.authorization);
  if (!caller) return response.sendStatus(401);
  const found = await pool.query<Session & { now: Date }>({ name: 'read', text: read, values: [id] });
  const session = found.rows[0];
  if (!session) return response.sendStatus(404);
  if (session['mentorProfileId'] !== caller['mentor_profile_id'] || session['menteeUserId'] === caller.sub)
    return response.sendStatus(403);
  if (session['status'] !== 'in_progress') return response.sendStatus(409);

  const { now, version, bookingId, listingId, mentorProfileId, mentorUserId, menteeUserId, metadata } = session;
  const { start, end, startedAt, startedBy } = session;
  const messageId = randomUUIDv7();
  const event = {
    specversion: '1.0',
    id: messageId,
    source: '/sessions',
    type: 'session.completed',
    subject: id,
    time: now,
    dataschema: 'urn:mentor-sessions:session.completed:1',
    sequence: String(version + 1).padStart(10, '0'),
    correlationid: bookingId,
    data: {
      sessionId: id,
      bookingId,
      listingId,
      mentorProfileId,
      mentorUserId,
      menteeUserId,
      start,
      end,
      metadata,
      startedAt,
      startedBy,
      completedAt: now,
      completedBy: caller.sub,
    },
  };
  const written = await pool.query({
    name: 'write',
    text: write,
    values: [id, version, version + 1, now, caller.sub, messageId, laneOf(id), JSON.stringify(event)],
  });
  if (written.rows.length === 0) return response.sendStatus(409);
  void announce();
  const { now: _, mentorUserId: __, ...before } = session;
  const after = {
    status: 'completed',
    version: version + 1,
    completedAt: now,
    completedBy: caller.sub,
    updatedAt: now,
  };
  return response.set('ETag', `"${after.version}"`).json({ ...before, ...after, allowedActions: [] });
});

await listen();
