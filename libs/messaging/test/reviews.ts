import { randomUUID } from 'node:crypto';
import type { EnvelopeAttributes, Subscription } from '../src/inbox/message.ts';

export const queue = {
  name: 'reviews.review-written',
  routingKeys: ['review.written'],
  deadLetterExchange: 'reviews.dead',
  deadQueue: 'reviews.review-written.dead',
  deliveryLimit: 20,
};

export type Review = { readonly text: string };
type Envelope = EnvelopeAttributes & { specversion: string; source: string; data: Review };

export const reviewWritten = (over: Partial<Envelope> = {}): Envelope => ({
  specversion: '1.0',
  id: randomUUID(),
  source: '/reviews',
  type: 'review.written',
  subject: randomUUID(),
  time: '2026-01-01T00:00:00.000Z',
  dataschema: 'urn:reviews:review.written:1',
  sequence: '0000000001',
  correlationid: randomUUID(),
  data: { text: 'good' },
  ...over,
});

const parsed = <T>(isValid: (value: T) => boolean) => ({
  safeParse: (value: unknown) =>
    isValid(value as T)
      ? ({ success: true, data: value as T } as const)
      : ({ success: false, error: { message: 'has the wrong shape' } } as const),
});

/** What the reviews service would write: everything that libs/messaging must not know. */
export const subscription = (
  handle: Subscription<Review>['handle'],
  more: Partial<Pick<Subscription<Review>, 'sample' | 'largestBody'>> = {},
): Subscription<Review> => ({
  queue,
  envelope: parsed((value: Envelope) => typeof value.subject === 'string' && typeof value.id === 'string'),
  events: [
    {
      type: 'review.written',
      dataschema: 'urn:reviews:review.written:1',
      data: parsed((data: Review) => typeof data.text === 'string'),
    },
  ],
  sender: 'reviews',
  handle,
  ...(more.sample && { sample: more.sample }),
  ...(more.largestBody && { largestBody: more.largestBody }),
});
