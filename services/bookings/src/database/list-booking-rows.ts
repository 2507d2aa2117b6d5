import { rejectSurfaced } from '@mentor-sessions/service-kit/database';
import { keysetFind, type PageRequest, type StartRange } from '@mentor-sessions/service-kit/keyset';
import { Booking } from '../domain/booking.ts';
import type { BookingStatus } from '../domain/lifecycle.ts';
import { completeBooking } from './booking-row.ts';
import type { BookingsDatabase } from './database.ts';

export type BookingFilter = StartRange & {
  readonly status?: BookingStatus | undefined;
};

type Owner = { readonly mentorProfileId: string } | { readonly menteeUserId: string };

/** One item more than the page has. */
export const findBookingPage = async (
  db: BookingsDatabase,
  filter: BookingFilter & Owner,
  page: PageRequest,
): Promise<Booking[]> => {
  const { where, options } = keysetFind(filter, page);
  const bookings = await db.orm.em.fork().find(Booking, where, options).catch(rejectSurfaced);
  return bookings.map(completeBooking);
};
