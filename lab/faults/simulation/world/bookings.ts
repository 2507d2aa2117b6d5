import { bookingAccepted, envelopeOf, type BookingAccepted, type Envelope } from '@mentor-sessions/contracts';
import type { Random } from '../../random.ts';
import { newId } from './ids.ts';

const TIME = '2026-01-01T00:00:00.000Z';
const [START, END] = ['2026-02-01T09:00:00.000Z', '2026-02-01T10:00:00.000Z'];

export const acceptedBooking = (random: Random): Envelope<BookingAccepted> => {
  const [bookingId, menteeUserId, acceptedBy] = [newId(random), newId(random), newId(random)];
  const [sessionId, listingId, mentorProfileId] = [newId(random), newId(random), newId(random)];
  const people = { listingId, mentorProfileId, menteeUserId, acceptedBy };
  const data = { bookingId, sessionId, ...people, start: START, end: END, notes: null, metadata: {}, acceptedAt: TIME };
  return envelopeOf(bookingAccepted, {
    id: newId(random),
    subject: bookingId,
    time: TIME,
    sequence: 2,
    correlationId: bookingId,
    data,
  });
};
