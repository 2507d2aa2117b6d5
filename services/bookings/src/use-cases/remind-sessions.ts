import { enqueue } from '@mentor-sessions/messaging';
import {
  BATCH,
  giveUpOverdue,
  isAlone,
  readBookings,
  sendPublishedAgain,
  takeOverdue,
  type Patience,
} from '../database/awaited-session-rows.ts';
import type { BookingsDatabase } from '../database/database.ts';
import { bookingAcceptedEvent } from '../domain/booking-accepted-event.ts';

export type { Patience } from '../database/awaited-session-rows.ts';

/** Ids of bookings; `isMore`: there may be others whose time has come. */
export type Reminder = {
  readonly sentAgain: readonly string[];
  readonly givenUp: readonly string[];
  readonly isMore: boolean;
};

/**
 * Tells the sessions service again of accepted bookings of which no session is known for too long: the same message, from
 * what was published or, when that is kept no longer, from the booking. Of several replicas one does it at a time.
 */
export const remindSessions = async (db: BookingsDatabase, patience: Patience): Promise<Reminder> => {
  const reminder = await db.transaction(async (tx) => {
    if (!(await isAlone(tx))) return { sentAgain: [], givenUp: [], isMore: false };
    const givenUp = await giveUpOverdue(tx, patience);
    const overdue = await takeOverdue(tx, patience);
    const published = await sendPublishedAgain(tx, overdue);
    const forgotten = await readBookings(
      tx,
      overdue.filter((id) => !published.has(id)),
    );
    await enqueue(
      tx,
      forgotten.map((booking) => bookingAcceptedEvent(booking, booking.acceptance())),
    );
    return { sentAgain: overdue, givenUp, isMore: overdue.length >= BATCH };
  });
  if (reminder.sentAgain.length > 0) db.announce();
  return reminder;
};
