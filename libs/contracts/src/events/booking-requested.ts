import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { uuid } from '../primitives.ts';
import { terms } from '../terms.ts';

export const bookingRequestedData = z.object({ bookingId: uuid, ...terms.shape });

export type BookingRequested = z.infer<typeof bookingRequestedData>;

export const bookingRequested = defineEvent<BookingRequested>({
  type: 'booking.requested',
  version: 1,
  source: '/bookings',
  mustReachAQueue: false,
  data: bookingRequestedData,
});
