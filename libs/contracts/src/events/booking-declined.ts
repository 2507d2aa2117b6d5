import type { z } from 'zod';
import { defineEvent } from '../event.ts';
import { timestamp, uuid } from '../primitives.ts';
import { bookingRequestedData } from './booking-requested.ts';

const data = bookingRequestedData.extend({
  declinedAt: timestamp,
  declinedBy: uuid.describe('user id of the mentor who declined'),
});

export type BookingDeclined = z.infer<typeof data>;

export const bookingDeclined = defineEvent<BookingDeclined>({
  type: 'booking.declined',
  version: 1,
  source: '/bookings',
  mustReachAQueue: false,
  data,
});
