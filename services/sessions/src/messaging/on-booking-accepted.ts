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
  // never committed: it shows whether the database takes a booking at all
  sample: (type) => sampleMessage(type, bookingAccepted.example({}, randomUUIDv7).data),
  handle: (tx, messages) => scheduleSessions(tx, messages, randomUUIDv7),
});
