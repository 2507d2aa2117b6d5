import type { Batches } from '../pairs/consumers.ts';
import { aMessage } from '../../../e2e/a-message.ts';

export const sameMessage = (): Batches => {
  const one = aMessage();
  return { batches: { a: [one], b: [one] } };
};

export const sameBooking = (): Batches => {
  const one = aMessage();
  return { batches: { a: [one], b: [aMessage({ bookingId: one.data.bookingId })] } };
};

export const sameSession = (): Batches => {
  const one = aMessage();
  return { batches: { a: [one], b: [aMessage({ sessionId: one.data.sessionId })] } };
};

export const otherContent = (): Batches => {
  const one = aMessage();
  return { batches: { a: [one], b: [aMessage({ ...one.data, notes: 'other' }, one.id)] } };
};

export const overlapping = (): Batches => {
  const [one, two, three] = [aMessage(), aMessage(), aMessage()];
  return { batches: { a: [one, two], b: [three, two, one] } };
};

/** One batch has the message of the other, and one for a booking that already has its session. */
export const rolledBack = (): Batches => {
  const [one, born] = [aMessage(), aMessage()];
  return { before: [born], batches: { a: [one, aMessage({ bookingId: born.data.bookingId })], b: [one] } };
};
