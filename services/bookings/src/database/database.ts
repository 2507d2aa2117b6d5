import type { SessionScheduled } from '@mentor-sessions/contracts';
import { createOutbox, type Message } from '@mentor-sessions/messaging';
import { onlyValue, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { openRepository } from '@mentor-sessions/service-kit/repository';
import { mentorDoubleBooked, refusals, type Booking, type KnownSession } from '../domain/booking.ts';
import { sessionStatusAfter } from '../domain/events.ts';
import { bookings } from './entity.ts';
import { findInTheWay, guards, keepSessionNews, knownSessions, reminders } from './statements.ts';

/** At most as many are reminded of at a time. */
export { REMINDER_BATCH } from './statements.ts';

export type Bookings = ReturnType<typeof openBookings>;

/** How long to wait for a session, and how often to send `booking.accepted` again; each wait is twice the one before. */
export type Patience = { readonly seconds: number; readonly attempts: number };

type Known = Readonly<Record<string, KnownSession>>;
type Awaited = { readonly booking_id: string };
type Due = Awaited & { readonly on_its_way: Date | null };

const idsOf = (rows: readonly Awaited[]): string[] => rows.map(({ booking_id: id }) => id);

export const openBookings = (database: Database) => {
  const repository = openRepository(database, {
    table: bookings,
    writes: {
      guards,
      refusals: {
        ...refusals,
        mentor_never_double_booked: async ({ id }) => {
          const [found] = await database.query<{ id: string }>(findInTheWay, { id });
          return mentorDoubleBooked(found?.id);
        },
      },
      turnOf: ({ status, mentorProfileId }) => (status === 'accepted' ? `acceptance of ${mentorProfileId}` : null),
    },
    outbox: createOutbox(database),
  });

  return {
    ...repository,

    /** By booking, what is known of their sessions. */
    knownSessions: async (bookingIds: readonly string[]): Promise<Known> =>
      onlyValue(await database.query(knownSessions, { bookingIds }), knownSessions.name),

    /** Whether a booking's session is overdue, even if its event is on its way. */
    isAnyOverdue: async (patience: Patience): Promise<boolean> =>
      onlyValue(await database.query(reminders.anyOverdue, patience), reminders.anyOverdue.name),

    /**
     * Counts an attempt for bookings whose session is overdue, the oldest first, and gives those up that were sent again as
     * often as they may be. Undefined: another replica is at it. Until the end of the transaction no other is.
     */
    takeOverdue: async (tx: Queryable, patience: Patience) => {
      if (!onlyValue<boolean>(await tx.query(reminders.tryLock), reminders.tryLock.name)) return undefined;
      const givenUp = idsOf(await tx.query<Awaited>(reminders.giveUp, patience));
      const due = await tx.query<Due>(reminders.findDue, patience);
      const onTheirWay = due.filter(({ on_its_way: since }) => since !== null);
      const times = onTheirWay.map(({ on_its_way: since }) => since);
      await tx.query(reminders.wait, { ids: idsOf(onTheirWay), times });
      const ids = idsOf(due.filter(({ on_its_way: since }) => since === null));
      return { givenUp, overdue: idsOf(await tx.query<Awaited>(reminders.take, { ids })) };
    },

    /** Puts what was published of these bookings into the outbox again, byte for byte; returns those of which it is not kept. */
    sendPublishedAgain: async (tx: Queryable, ids: readonly string[]): Promise<Booking[]> => {
      const sent = await tx.query<{ aggregate_id: string }>(reminders.sendPublished, { ids });
      const published = new Set(sent.map((row) => row.aggregate_id));
      const others = ids.filter((id) => !published.has(id));
      return (await tx.query(reminders.readBookings, { ids: others })).map(repository.toRow);
    },
  };
};

/** A condition of MikroORM for what has expired at this time, or has not. */
export const expiredIs = (expired: boolean, now: Date): object =>
  expired
    ? // the start is before the end: it bounds the scan of the index
      { status: 'draft', startTime: { $lte: now }, endTime: { $lte: now } }
    : { $or: [{ status: { $ne: 'draft' } }, { endTime: { $gt: now } }] };

/** Message ids of the news about bookings that are not accepted here, or not with that session; of the others the newest is kept. */
export const keepNews = async (
  tx: Queryable,
  messages: readonly Message<SessionScheduled>[],
): Promise<ReadonlySet<string>> => {
  const news = messages.map(({ id, type, time, sequence, data: { bookingId, sessionId } }) => {
    return { messageId: id, bookingId, sessionId, status: sessionStatusAfter(type), sequence, at: time };
  });
  const rows = await tx.query<{ messageId: string }>(keepSessionNews, { news: JSON.stringify(news) });
  return new Set(rows.map(({ messageId }) => messageId));
};
