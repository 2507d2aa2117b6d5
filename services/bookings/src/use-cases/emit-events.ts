import type { Envelope } from '@mentor-sessions/contracts';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { findBooking } from '../database/booking-rows.ts';
import { bookingAcceptedEvent } from '../domain/booking-accepted-event.ts';

/** What must have been published of this booking, from its row, under the message id of then. */
export const eventsOfBookingRow = async (tx: Queryable, id: string): Promise<Envelope[]> => {
  const found = await findBooking(tx, id);
  return found?.booking.status === 'accepted' ? [bookingAcceptedEvent(found.booking, found.booking.acceptance())] : [];
};
