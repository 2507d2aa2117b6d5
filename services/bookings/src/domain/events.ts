import {
  bookingAccepted,
  envelopeOf,
  termsOf,
  type BookingAccepted,
  type Envelope,
  type Terms,
} from '@mentor-sessions/contracts';
import type { Booking, SessionStatus } from './booking.ts';

/** The event of an accepted booking: the same now and later, id included. */
export const bookingAcceptedEvent = (booking: Booking, traceparent?: string): Envelope<BookingAccepted> => {
  const { id, sessionId, acceptedMessageId, decidedAt, decidedBy } = booking;
  if (booking.status !== 'accepted' || !sessionId || !acceptedMessageId || !decidedAt || !decidedBy)
    throw new Error(`booking ${id} was not accepted`);
  const acceptedAt = decidedAt.toISOString();
  return envelopeOf(bookingAccepted, {
    id: acceptedMessageId,
    subject: id,
    time: acceptedAt,
    sequence: booking.version,
    correlationId: id,
    traceparent,
    data: {
      bookingId: id,
      sessionId,
      ...publishedTerms(booking),
      notes: booking.notes,
      acceptedAt,
      acceptedBy: decidedBy,
    },
  });
};

/** A booking's terms as its event and its session have them. */
export const publishedTerms = (booking: Booking): Terms =>
  termsOf({ ...booking, start: booking.startTime.toISOString(), end: booking.endTime.toISOString() });

const statusAfter: Readonly<Record<string, SessionStatus>> = {
  'session.scheduled': 'scheduled',
  'session.started': 'in_progress',
  'session.completed': 'completed',
};

/** In which status a session is after an event of this type. */
export const sessionStatusAfter = (type: string): SessionStatus => {
  const status = statusAfter[type];
  if (!status) throw new Error(`no event of a session: ${type}`);
  return status;
};

/** Why this service refuses a message for good, beside what every consumer refuses. Each has its line in the runbook. */
export const rejections = ['unknown-booking'] as const;
