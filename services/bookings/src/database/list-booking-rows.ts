import { rejectSurfaced } from '@mentor-sessions/service-kit/database';
import type { PageRequest } from '@mentor-sessions/service-kit/keyset';
import { Booking } from '../domain/booking.ts';
import type { BookingStatus } from '../domain/lifecycle.ts';
import type { BookingsDatabase } from './database.ts';

export type BookingFilter = {
  readonly status?: BookingStatus | undefined;
  /** Inclusive. */
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
};

type Owner = { readonly mentorProfileId: string } | { readonly menteeUserId: string };

/** One item more than the page has, so that the caller knows whether there is another page. */
export const findBookingPage = (
  db: BookingsDatabase,
  { from, to, ...equal }: BookingFilter & Owner,
  { order, limit, cursor }: PageRequest,
): Promise<Booking[]> => {
  const beyond = order === 'asc' ? '$gt' : '$lt';
  const where = {
    $and: [
      Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined)),
      ...(from ? [{ startTime: { $gte: from } }] : []),
      ...(to ? [{ startTime: { $lt: to } }] : []),
      // the first condition bounds the index scan, the second one leaves out what was seen at that very start
      ...(cursor
        ? [
            { startTime: { [`${beyond}e`]: cursor.start } },
            { $or: [{ startTime: { [beyond]: cursor.start } }, { id: { [beyond]: cursor.id } }] },
          ]
        : []),
    ],
  };
  const options = { orderBy: [{ startTime: order }, { id: order }], limit: limit + 1 };
  return db.orm.em.fork().find(Booking, where, options).catch(rejectSurfaced);
};
