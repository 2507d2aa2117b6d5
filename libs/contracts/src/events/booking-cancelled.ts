import type { z } from 'zod';
import { defineEvent } from '../event.ts';
import { timestamp, uuid } from '../primitives.ts';
import { bookingRequestedData } from './booking-requested.ts';

const data = bookingRequestedData.extend({
  cancelledAt: timestamp,
  cancelledBy: uuid.describe('user id of the mentee'),
});

export type BookingCancelled = z.infer<typeof data>;

export const bookingCancelled = defineEvent<BookingCancelled>({
  type: 'booking.cancelled',
  version: 1,
  source: '/bookings',
  mustReachAQueue: false,
  data,
});
