import type { Batches } from '../pairs/consumers.ts';
import { accepted } from '../pairs/messages.ts';

export const sameMessage = (): Batches => {
  const one = accepted();
  return { batches: { a: [one], b: [one] } };
};

export const sameBooking = (): Batches => {
  const one = accepted();
  return { batches: { a: [one], b: [accepted({ bookingId: one.data.bookingId })] } };
};

export const sameSession = (): Batches => {
  const one = accepted();
  return { batches: { a: [one], b: [accepted({ sessionId: one.data.sessionId })] } };
};

export const otherContent = (): Batches => {
  const one = accepted();
  return { batches: { a: [one], b: [accepted({ ...one.data, notes: 'other' }, one.id)] } };
};

export const overlapping = (): Batches => {
  const [one, two, three] = [accepted(), accepted(), accepted()];
  return { batches: { a: [one, two], b: [three, two, one] } };
};

/** One batch has the message of the other, and one for a booking that already has its session. */
export const rolledBack = (): Batches => {
  const [one, born] = [accepted(), accepted()];
  return { before: [born], batches: { a: [one, accepted({ bookingId: born.data.bookingId })], b: [one] } };
};
