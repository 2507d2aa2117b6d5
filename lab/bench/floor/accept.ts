/**
 * The least `PATCH /bookings/{id}/accept` that keeps the promise: token verified, ownership and state checked, change and
 * outbox row written by one conditional statement, the same answer. It knows no Idempotency-Key, If-Match or problem document.
 */
import { randomUUIDv7 } from 'node:crypto';
import { laneOf } from '../../../libs/messaging/src/outbox/lane.ts';
import { announce, app, callerOf, listen, pool } from './http/app.ts';

const columns = `id, listing_id as "listingId", mentor_profile_id as "mentorProfileId", mentee_user_id as "menteeUserId",
  start_time as start, end_time as "end", status, session_id as "sessionId", notes, metadata, version,
  created_at as "createdAt", updated_at as "updatedAt"`;

const read = `select ${columns}, (select s.status from booking_sessions s where s.booking_id = bookings.id) as "sessionStatus",
    date_trunc('milliseconds', clock_timestamp()) as now
  from bookings where id = $1`;

const write = `with changed as (
    update bookings set status = 'accepted', version = $3, decided_at = $4, updated_at = $4, decided_by = $5,
      session_id = $6, accepted_message_id = $7
    where id = $1 and version = $2 returning *),
  told as (
    insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select $7, $1, $3, 'booking.accepted', $8, $9::json from changed)
  select true as written from changed`;

type Booking = Record<string, unknown> & { id: string; version: number; start: Date; end: Date };

app.patch('/bookings/:id/accept', async ({ params: { id }, headers }, response) => {
  const caller = await callerOf(headers.authorization);
  if (!caller) return response.sendStatus(401);
  const found = await pool.query<Booking & { now: Date }>({ name: 'read', text: read, values: [id] });
  const booking = found.rows[0];
  if (!booking) return response.sendStatus(404);
  if (booking['mentorProfileId'] !== caller['mentor_profile_id'] || booking['menteeUserId'] === caller.sub)
    return response.sendStatus(403);
  if (booking['status'] !== 'draft' || booking.now >= booking.end) return response.sendStatus(409);

  const { now, version } = booking;
  const [sessionId, messageId] = [randomUUIDv7(), randomUUIDv7()];
  const { listingId, mentorProfileId, menteeUserId, start, end, notes, metadata } = booking;
  const people = { listingId, mentorProfileId, menteeUserId };
  const event = {
    specversion: '1.0',
    id: messageId,
    source: '/bookings',
    type: 'booking.accepted',
    subject: id,
    time: now,
    dataschema: 'urn:mentor-sessions:booking.accepted:1',
    sequence: String(version + 1).padStart(10, '0'),
    correlationid: id,
    data: {
      bookingId: id,
      sessionId,
      ...people,
      start,
      end,
      notes,
      metadata,
      acceptedAt: now,
      acceptedBy: caller.sub,
    },
  };
  const written = await pool.query({
    name: 'write',
    text: write,
    values: [id, version, version + 1, now, caller.sub, sessionId, messageId, laneOf(id), JSON.stringify(event)],
  });
  if (written.rows.length === 0) return response.sendStatus(409);
  void announce();
  const { now: _, ...before } = booking;
  const after = { status: 'accepted', sessionId, version: version + 1, updatedAt: now, sessionStatus: null };
  return response
    .set({ ETag: `"${after.version}"`, Link: `<http://localhost:3002/sessions/${sessionId}>; rel="session"` })
    .json({ ...before, ...after, allowedActions: [] });
});

await listen();
