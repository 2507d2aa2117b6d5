import { randomUUIDv7 } from 'node:crypto';
import { bookingAccepted, envelopeOf, type BookingAccepted, type Envelope } from '@mentor-sessions/contracts';

const HOUR_MS = 3_600_000;
const FIRST = Date.UTC(2040, 0, 1);
const notes = 'I would like to talk about my first year as a tech lead, and how to say no.';
const metadata = { campaign: 'spring', source: 'search', plan: 'monthly' };

/** One booking.accepted of the usual size (about 900 bytes); times and people differ. */
export const anAcceptance = (n: number): Envelope<BookingAccepted> => {
  const bookingId = randomUUIDv7();
  const mentor = `01980000-0000-7000-8000-${String(n % 5_000).padStart(12, '0')}`;
  const at = new Date(FIRST + Math.floor(n / 5_000) * HOUR_MS);
  const data: BookingAccepted = {
    bookingId,
    sessionId: randomUUIDv7(),
    listingId: mentor,
    mentorProfileId: mentor,
    menteeUserId: `01980000-0000-7000-9000-${String(n % 20_011).padStart(12, '0')}`,
    start: at.toISOString(),
    end: new Date(at.getTime() + HOUR_MS).toISOString(),
    notes,
    metadata,
    acceptedAt: new Date().toISOString(),
    acceptedBy: mentor,
  };
  const about = { subject: bookingId, correlationId: bookingId, time: data.acceptedAt, sequence: 2 };
  return envelopeOf(bookingAccepted, { id: randomUUIDv7(), ...about, data });
};

/** `each` events of each aggregate, the first events of all of them first. */
export const acceptances = (count: number, each = 1): Envelope<BookingAccepted>[] => {
  const firsts = Array.from({ length: Math.ceil(count / each) }, (_, n) => anAcceptance(n));
  const later = Array.from({ length: each - 1 }, (_, n) =>
    firsts.map((event) => ({ ...event, id: randomUUIDv7(), sequence: String(n + 3).padStart(10, '0') })),
  );
  return [firsts, ...later].flat().slice(0, count);
};
