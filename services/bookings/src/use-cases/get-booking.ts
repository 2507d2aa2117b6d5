import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { BookingAt } from '../database/booking-row.ts';
import { readBooking } from '../database/booking-rows.ts';
import type { BookingsDatabase } from '../database/database.ts';

export const getBooking = async (db: BookingsDatabase, id: string, actor: Actor): Promise<BookingAt> => {
  const found = await readBooking(db, id);
  found.booking.assertReadableBy(actor);
  return found;
};
