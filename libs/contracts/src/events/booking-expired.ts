import type { z } from 'zod';
import { defineEvent } from '../event.ts';
import { timestamp } from '../primitives.ts';
import { bookingRequestedData } from './booking-requested.ts';

const data = bookingRequestedData.extend({ dueAt: timestamp.describe('when it was due: the end') });

export type BookingExpired = z.infer<typeof data>;

/** The end has passed, and it is still a draft. */
export const bookingExpired = defineEvent<BookingExpired>({
  type: 'booking.expired',
  version: 1,
  source: '/bookings',
  mustReachAQueue: false,
  data,
});
