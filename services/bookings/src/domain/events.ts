import {
  bookingAccepted,
  bookingCancelled,
  bookingDeclined,
  bookingExpired,
  bookingRequested,
  envelopeOf,
  termsOf,
  type BookingAccepted,
  type Envelope,
  type Terms,
} from '@mentor-sessions/contracts';
import type { Booking, Requested, SessionStatus } from './booking.ts';

/** Id of the event, minted by the caller, and trace of the request that caused it. */
export type Message = { readonly messageId: string; readonly traceparent?: string | undefined };

export const bookingRequestedEvent = (booking: Requested, at: Date, message: Message): Envelope =>
  envelopeOf(bookingRequested, {
    ...occurrence(booking, message, at.toISOString()),
    sequence: 1,
    data: factsOf(booking),
  });

export const bookingDeclinedEvent = (booking: Booking, message: Message): Envelope => {
  const { at, by } = decisionOf(booking);
  const data = { ...factsOf(booking), declinedAt: at, declinedBy: by };
  return envelopeOf(bookingDeclined, { ...occurrence(booking, message, at), sequence: booking.version, data });
};

export const bookingCancelledEvent = (booking: Booking, message: Message): Envelope => {
  const { at, by } = decisionOf(booking);
  const data = { ...factsOf(booking), cancelledAt: at, cancelledBy: by };
  return envelopeOf(bookingCancelled, { ...occurrence(booking, message, at), sequence: booking.version, data });
};

/** It follows from time alone. Its sequence is that of the request: it changes nothing. */
export const bookingExpiredEvent = (booking: Booking, now: Date, message: Message): Envelope =>
  envelopeOf(bookingExpired, {
    ...occurrence(booking, message, now.toISOString()),
    sequence: booking.version,
    data: { ...factsOf(booking), dueAt: booking.endTime.toISOString() },
  });

/** The event of an accepted booking: the same now and later, id included. */
export const bookingAcceptedEvent = (booking: Booking, traceparent?: string): Envelope<BookingAccepted> => {
  const { id, sessionId, acceptedMessageId: messageId, notes } = booking;
  if (booking.status !== 'accepted' || !sessionId || !messageId) throw new Error(`booking ${id} was not accepted`);
  const { at, by } = decisionOf(booking);
  return envelopeOf(bookingAccepted, {
    ...occurrence(booking, { messageId, traceparent }, at),
    sequence: booking.version,
    data: { bookingId: id, sessionId, ...publishedTerms(booking), notes, acceptedAt: at, acceptedBy: by },
  });
};

/** Every event that a booking in its state must have caused, in order: for publishing one that is missing. */
export const eventsOf = (booking: Booking, newId: () => string): Envelope[] => {
  const requested = bookingRequestedEvent(booking, booking.createdAt, { messageId: newId() });
  const decided = {
    draft: () => [],
    accepted: () => [bookingAcceptedEvent(booking)],
    declined: () => [bookingDeclinedEvent(booking, { messageId: newId() })],
    cancelled: () => [bookingCancelledEvent(booking, { messageId: newId() })],
  };
  return [requested, ...decided[booking.status]()];
};

const occurrence = ({ id }: Requested, { messageId, traceparent }: Message, time: string) => ({
  id: messageId,
  subject: id,
  correlationId: id,
  traceparent,
  time,
});

const decisionOf = ({ id, decidedAt, decidedBy }: Booking) => {
  if (!decidedAt || !decidedBy) throw new Error(`booking ${id} is not decided`);
  return { at: decidedAt.toISOString(), by: decidedBy };
};

const factsOf = (booking: Requested) => ({ bookingId: booking.id, ...publishedTerms(booking) });

/** A booking's terms as its event and its session have them. */
export const publishedTerms = (booking: Requested): Terms =>
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
