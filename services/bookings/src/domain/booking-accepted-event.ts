import { bookingAccepted, envelopeOf, type BookingAccepted, type Envelope } from '@mentor-sessions/contracts';
import type { Booking, BookingAcceptance } from './booking.ts';

/** What the world is told of an acceptance. */
export const bookingAcceptedEvent = (
  booking: Booking,
  decision: BookingAcceptance,
  traceparent?: string,
): Envelope<BookingAccepted> => {
  const acceptedAt = decision.decidedAt.toISOString();
  return envelopeOf(bookingAccepted, {
    id: decision.acceptedMessageId,
    subject: booking.id,
    time: acceptedAt,
    sequence: decision.version,
    correlationId: booking.id,
    traceparent,
    data: {
      bookingId: booking.id,
      sessionId: decision.sessionId,
      listingId: booking.listingId,
      mentorProfileId: booking.mentorProfileId,
      menteeUserId: booking.menteeUserId,
      start: booking.startTime.toISOString(),
      end: booking.endTime.toISOString(),
      notes: booking.notes,
      metadata: booking.metadata,
      acceptedAt,
      acceptedBy: decision.decidedBy,
    },
  });
};
