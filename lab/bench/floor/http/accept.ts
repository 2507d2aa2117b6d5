import { randomUUIDv7 } from 'node:crypto';
import { laneOf } from '../../../../libs/messaging/src/outbox/lane.ts';
import { announce, app, callerOf, listen } from './app.ts';
import type { Rows } from './rows.ts';

export type Booking = Record<string, unknown> & { id: string; version: number; start: Date; end: Date };

/** What both floors read of `bookings b`. */
export const columns = `id, b.listing_id as "listingId", b.mentor_profile_id as "mentorProfileId", b.mentee_user_id as "menteeUserId",
  b.start_time as start, b.end_time as "end", b.status, b.session_id as "sessionId", b.notes, b.metadata, b.version,
  b.created_at as "createdAt", b.updated_at as "updatedAt",
  (select s.status from booking_sessions s where s.booking_id = b.id) as "sessionStatus",
  date_trunc('milliseconds', clock_timestamp()) as now`;

/** Checks, decides and responds; the caller provides how rows are read and written. */
export const acceptWith = async ({ read, write }: Rows<Booking>): Promise<void> => {
  app.patch('/bookings/:id/accept', async ({ params: { id }, headers }, response) => {
    const caller = await callerOf(headers.authorization);
    if (!caller) return response.sendStatus(401);
    const booking = await read(id);
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
    const written = await write([
      id,
      version,
      version + 1,
      now,
      caller.sub,
      sessionId,
      messageId,
      laneOf(id),
      JSON.stringify(event),
    ]);
    if (!written) return response.sendStatus(409);
    void announce();
    const { now: _, ...before } = booking;
    const after = { status: 'accepted', sessionId, version: version + 1, updatedAt: now, sessionStatus: null };
    return response
      .set({ ETag: `"${after.version}"`, Link: `<http://localhost:3002/sessions/${sessionId}>; rel="session"` })
      .json({ ...before, ...after, allowedActions: [] });
  });

  await listen();
};
