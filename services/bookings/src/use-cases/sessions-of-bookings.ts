import type { SessionScheduled } from '@mentor-sessions/contracts';
import { enqueue, Rejected, type Message } from '@mentor-sessions/messaging';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { keepNews, REMINDER_BATCH, type Bookings, type Patience } from '../database/database.ts';
import { bookingAcceptedEvent } from '../domain/events.ts';

export type { Patience } from '../database/database.ts';

/** Keeps what became of accepted bookings, in the consumer's transaction, in whatever order the events come. */
export const followSessions = async (tx: Queryable, messages: readonly Message<SessionScheduled>[]): Promise<void> => {
  const strange = await keepNews(tx, messages);
  const rejections = messages
    .filter(({ id }) => strange.has(id))
    .map((message) => {
      const { bookingId, sessionId } = message.data;
      const detail = `booking ${bookingId} was not accepted here with session ${sessionId}`;
      return { message, reason: 'unknown-booking', detail };
    });
  if (rejections.length > 0) throw new Rejected(rejections);
};

const nothing = { sentAgain: [], givenUp: [], isMore: false };

/**
 * Publishes `booking.accepted` once more for bookings that have had no session for too long: the same message, from what
 * was published or, when that is kept no longer, from the booking. Of several replicas one does it at a time. Returns ids
 * of bookings; `isMore`: there may be others whose time has come.
 */
export const remindSessions = async (db: Bookings, patience: Patience) => {
  if (!(await db.isAnyOverdue(patience))) return nothing;
  const reminder = await db.transaction(async (tx) => {
    const taken = await db.takeOverdue(tx, patience);
    if (!taken) return nothing;
    const { overdue: sentAgain, givenUp } = taken;
    const forgotten = await db.sendPublishedAgain(tx, sentAgain);
    await enqueue(
      tx,
      forgotten.map((booking) => bookingAcceptedEvent(booking)),
    );
    return { sentAgain, givenUp, isMore: sentAgain.length >= REMINDER_BATCH };
  });
  if (reminder.sentAgain.length > 0) db.announce();
  return reminder;
};
