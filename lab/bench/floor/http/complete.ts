import { randomUUIDv7 } from 'node:crypto';
import { laneOf } from '../../../../libs/messaging/src/outbox/lane.ts';
import { announce, app, callerOf, listen } from './app.ts';
import type { Rows } from './rows.ts';

export type Session = Record<string, unknown> & { id: string; version: number };

/** What both floors read of `sessions s` and `accepted_bookings a`. */
export const columns = `s.id, s.booking_id as "bookingId", s.listing_id as "listingId", s.mentor_profile_id as "mentorProfileId",
  s.mentee_user_id as "menteeUserId", s.start_time as start, s.end_time as "end", s.status, s.notes, s.metadata,
  s.started_at as "startedAt", s.started_by as "startedBy", s.completed_at as "completedAt",
  s.completed_by as "completedBy", s.version, s.created_at as "createdAt", s.updated_at as "updatedAt",
  a.accepted_by as "mentorUserId", date_trunc('milliseconds', clock_timestamp()) as now`;

/** Checks, decides and responds; the caller provides how rows are read and written. */
export const completeWith = async ({ read, write }: Rows<Session>): Promise<void> => {
  app.patch('/sessions/:id/complete', async ({ params: { id }, headers }, response) => {
    const caller = await callerOf(headers.authorization);
    if (!caller) return response.sendStatus(401);
    const session = await read(id);
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
    const written = await write([
      id,
      version,
      version + 1,
      now,
      caller.sub,
      messageId,
      laneOf(id),
      JSON.stringify(event),
    ]);
    if (!written) return response.sendStatus(409);
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
};
