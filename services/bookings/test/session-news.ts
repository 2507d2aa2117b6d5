import { randomUUID } from 'node:crypto';
import {
  envelopeOf,
  sessionCompleted,
  sessionScheduled,
  sessionStarted,
  type Envelope,
  type SessionScheduled,
} from '@mentor-sessions/contracts';
import type pg from 'pg';
import { insertBookings, plainBooking } from './plain-bookings.ts';

export type AcceptedBooking = { readonly bookingId: string; readonly sessionId: string };

/** Accepted as the application may, each in another hour. */
export const insertAccepted = async (app: pg.Client, count: number): Promise<AcceptedBooking[]> => {
  const mentorProfileId = randomUUID();
  const bookings = Array.from({ length: count }, (_, n) => plainBooking(n, { status: 'accepted', mentorProfileId }));
  await insertBookings(app, bookings);
  const ids = bookings.map(({ id }) => id);
  const asked = 'select id as "bookingId", session_id as "sessionId" from bookings where id = any($1)';
  return (await app.query<AcceptedBooking>(asked, [ids])).rows;
};

const started = { startedAt: '2039-02-01T09:00:00.000Z', startedBy: randomUUID() };
const completed = { completedAt: '2039-02-01T10:00:00.000Z', completedBy: randomUUID() };
const time = '2039-01-01T09:00:00.000Z';

/** What the sessions service says of a session in the course of its life. */
export const newsOf = ({ bookingId, sessionId }: AcceptedBooking): Envelope<SessionScheduled>[] => {
  const data = {
    sessionId,
    bookingId,
    listingId: randomUUID(),
    mentorProfileId: randomUUID(),
    mentorUserId: randomUUID(),
    menteeUserId: randomUUID(),
    start: '2039-02-01T09:00:00.000Z',
    end: '2039-02-01T10:00:00.000Z',
    metadata: {},
  };
  const story = (sequence: number) => {
    return { id: randomUUID(), subject: sessionId, time, sequence, correlationId: bookingId };
  };
  return [
    envelopeOf(sessionScheduled, { ...story(1), data }),
    envelopeOf(sessionStarted, { ...story(2), data: { ...data, ...started } }),
    envelopeOf(sessionCompleted, { ...story(3), data: { ...data, ...started, ...completed } }),
  ];
};
