import { randomUUIDv7 } from 'node:crypto';
import { bookingAccepted, bookingAcceptedQueue, envelope, type BookingAccepted } from '@mentor-sessions/contracts';
import { sampleMessage, type Subscription } from '@mentor-sessions/messaging';
import { scheduleSessions } from '../use-cases/schedule-sessions.ts';

export const onBookingAccepted = (sender: string | readonly string[]): Subscription<BookingAccepted> => ({
  queue: bookingAcceptedQueue,
  envelope,
  events: [bookingAccepted],
  sender,
  describe: ({ data: { bookingId, sessionId } }) => ({ bookingId, sessionId }),
  sample: (type) => sampleMessage(type, aBooking()),
  handle: (tx, messages) => scheduleSessions(tx, messages, randomUUIDv7),
});

/** Never committed: it tells whether the database takes a booking at all. */
const aBooking = (): BookingAccepted =>
  bookingAccepted.data.parse({
    bookingId: randomUUIDv7(),
    sessionId: randomUUIDv7(),
    listingId: randomUUIDv7(),
    mentorProfileId: randomUUIDv7(),
    menteeUserId: randomUUIDv7(),
    start: '2026-01-01T09:00:00.000Z',
    end: '2026-01-01T10:00:00.000Z',
    notes: null,
    metadata: {},
    acceptedAt: '2026-01-01T08:00:00.000Z',
    acceptedBy: randomUUIDv7(),
  });
