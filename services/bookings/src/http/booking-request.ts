import { z } from 'zod';
import { id, instant, text } from '@mentor-sessions/service-kit/fields';

const KEYS = 20;

/** As at Stripe: for the caller's own use, carried to the session and its events unchanged. */
const metadata = z
  .record(text({ min: 1, max: 40 }), text({ max: 500 }))
  .refine((value) => Object.keys(value).length <= KEYS, `must have at most ${KEYS} keys`)
  .meta({ description: 'for your own use', maxProperties: KEYS, example: { campaign: 'autumn' } });

export const bookingRequest = z
  .strictObject({
    listingId: id,
    mentorProfileId: id,
    start: instant,
    end: instant,
    notes: text({ max: 2_000 }).nullable().default(null).describe('private to the two people'),
    metadata: metadata.default({}),
  })
  .meta({ id: 'BookingRequest' });
