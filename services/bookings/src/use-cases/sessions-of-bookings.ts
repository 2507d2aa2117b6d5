import type { SessionScheduled } from '@mentor-sessions/contracts';
import { enqueue, Rejected, type Message } from '@mentor-sessions/messaging';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { keepNews, REMINDER_BATCH, type Bookings, type Patience } from '../database/database.ts';
import { bookingAcceptedEvent, sessionStatusAfter } from '../domain/events.ts';

export type { Patience } from '../database/database.ts';

/** Keeps what became of accepted bookings, in the consumer's transaction, in whatever order the events come. */
export const followSessions = async (tx: Queryable, messages: readonly Message<SessionScheduled>[]): Promise<void> => {
  const news = messages.map(({ id, type, time, sequence, data: { bookingId, sessionId } }) => {
    return { messageId: id, bookingId, sessionId, status: sessionStatusAfter(type), sequence, at: time };
  });
  const strange = await keepNews(tx, news);
  const rejections = messages
    .filter(({ id }) => strange.has(id))
    .map((message) => {
      const { bookingId, sessionId } = message.data;
      const detail = `booking ${bookingId} was not accepted here with session ${sessionId}`;
      return { message, reason: 'unknown-booking', detail };
    });
  if (rejections.length > 0) throw new Rejected(rejections);
};

/** Ids of bookings; `isMore`: there may be others whose time has come. */
export type Reminder = {
  readonly sentAgain: readonly string[];
  readonly givenUp: readonly string[];
  readonly isMore: boolean;
};

const nothing: Reminder = { sentAgain: [], givenUp: [], isMore: false };

/**
 * Publishes `booking.accepted` once more for bookings that have had no session for too long: the same message, from what
 * was published or, when that is kept no longer, from the booking. Of several replicas one does it at a time.
 */
export const remindSessions = async (db: Bookings, patience: Patience): Promise<Reminder> => {
  if (!(await db.isAnyOverdue(patience))) return nothing;
  const reminder = await db.transaction(async (tx) => {
    if (!(await db.tryReminderLock(tx))) return nothing;
    const givenUp = await db.giveUpOverdue(tx, patience);
    const overdue = await db.takeOverdue(tx, patience);
    const published = await db.sendPublishedAgain(tx, overdue);
    const forgotten = await db.findAll(
      tx,
      overdue.filter((id) => !published.has(id)),
    );
    await enqueue(
      tx,
      forgotten.map((booking) => bookingAcceptedEvent(booking)),
    );
    return { sentAgain: overdue, givenUp, isMore: overdue.length >= REMINDER_BATCH };
  });
  if (reminder.sentAgain.length > 0) db.announce();
  return reminder;
};
