import type { Examined } from '@mentor-sessions/messaging';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { Bookings } from '../database/database.ts';
import { isExpired } from '../domain/booking.ts';
import { bookingExpiredEvent } from '../domain/events.ts';

/** For the timer, when a booking's end has passed. A booking that is being changed is left out. */
export const expireBookings =
  (db: Bookings, newId: () => string) =>
  async (tx: Queryable, due: ReadonlyMap<string, unknown>): Promise<Examined[]> => {
    const locked = await db.lockForTimer(tx, [...due.keys()]);
    return locked.map(({ row: booking, now }) => {
      const { id, endTime: dueAt } = booking;
      const event = () => bookingExpiredEvent(booking, now, { messageId: newId() });
      return { id, events: isExpired(booking, now) ? [{ offsetSeconds: 0, dueAt, event: event() }] : [], nextAt: null };
    });
  };
