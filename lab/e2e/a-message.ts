import { randomUUID } from 'node:crypto';
import { bookingAccepted, envelopeOf, type BookingAccepted, type Envelope } from '@mentor-sessions/contracts';

const at = '2039-01-01T09:00:00.000Z';

/** A message as the bookings service sends it, of a booking that only this message mentions. */
export const aMessage = (data: Partial<BookingAccepted> = {}, id: string = randomUUID()): Envelope<BookingAccepted> => {
  const bookingId = data.bookingId ?? randomUUID();
  const all: BookingAccepted = {
    bookingId,
    sessionId: randomUUID(),
    listingId: randomUUID(),
    mentorProfileId: randomUUID(),
    menteeUserId: randomUUID(),
    start: '2039-02-01T09:00:00.000Z',
    end: '2039-02-01T10:00:00.000Z',
    notes: null,
    metadata: {},
    acceptedAt: at,
    acceptedBy: randomUUID(),
    ...data,
  };
  const attributes = { id, subject: bookingId, time: at, sequence: 2, correlationId: bookingId };
  return envelopeOf(bookingAccepted, { ...attributes, data: all });
};
