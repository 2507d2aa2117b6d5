import { createOutbox } from '@mentor-sessions/messaging';
import { onlyRow, present, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { openRepository } from '@mentor-sessions/service-kit/repository';
import {
  mentorDoubleBooked,
  refusals,
  type Booking,
  type KnownSession,
  type SessionStatus,
} from '../domain/booking.ts';
import { bookings } from './entity.ts';
import { findInTheWay, guards, keepSessionNews, knownSessions, reminders } from './statements.ts';

/** At most as many are reminded of at a time. */
export { REMINDER_BATCH } from './statements.ts';

export type Bookings = ReturnType<typeof openBookings>;

/** What one event says of a booking's session. */
export type SessionNews = {
  readonly messageId: string;
  readonly bookingId: string;
  readonly sessionId: string;
  readonly status: SessionStatus;
  readonly sequence: number;
  readonly at: string;
};

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
    knownSessions: async (bookingIds: readonly string[]): Promise<Known> => {
      const rows = await database.query<{ sessions: Known }>(knownSessions, { bookingIds });
      return present(onlyRow(rows, knownSessions.name).sessions, knownSessions.name);
    },

    /** Whether a booking's session is overdue, even if its event is on its way. */
    isAnyOverdue: async (patience: Patience): Promise<boolean> => {
      const row = onlyRow(
        await database.query<{ any: boolean }>(reminders.anyOverdue, patience),
        reminders.anyOverdue.name,
      );
      return present(row.any, reminders.anyOverdue.name);
    },

    /** False: another replica is at it. Until the end of the transaction no other is. */
    tryReminderLock: async (tx: Queryable): Promise<boolean> => {
      const row = onlyRow(await tx.query<{ got: boolean }>(reminders.tryLock), reminders.tryLock.name);
      return present(row.got, reminders.tryLock.name);
    },

    /** Counts an attempt for bookings whose session is overdue, the oldest first, and returns them. */
    takeOverdue: async (tx: Queryable, patience: Patience): Promise<string[]> => {
      const due = await tx.query<Due>(reminders.findDue, patience);
      const [overdue, onTheirWay] = [
        due.filter(({ on_its_way: since }) => since === null),
        due.filter(({ on_its_way: since }) => since !== null),
      ];
      const times = onTheirWay.map(({ on_its_way: since }) => since);
      await tx.query(reminders.wait, { ids: idsOf(onTheirWay), times });
      return idsOf(await tx.query<Awaited>(reminders.take, { ids: idsOf(overdue) }));
    },

    /** Bookings that were sent again as often as they may be, and have no session still. */
    giveUpOverdue: async (tx: Queryable, patience: Patience): Promise<string[]> =>
      idsOf(await tx.query<Awaited>(reminders.giveUp, patience)),

    /** Puts what was published of these bookings into the outbox again, byte for byte; returns those of which it is kept. */
    sendPublishedAgain: async (tx: Queryable, ids: readonly string[]): Promise<Set<string>> => {
      const rows = await tx.query<{ aggregate_id: string }>(reminders.sendPublished, { ids });
      return new Set(rows.map((row) => row.aggregate_id));
    },

    findAll: async (tx: Queryable, ids: readonly string[]): Promise<Booking[]> =>
      (await tx.query(reminders.readBookings, { ids })).map(repository.toRow),
  };
};

/** A condition of MikroORM for what has expired at this time, or has not. */
export const expiredIs = (expired: boolean, now: Date): object =>
  expired
    ? // the start is before the end: it bounds the scan of the index
      { status: 'draft', startTime: { $lte: now }, endTime: { $lte: now } }
    : { $or: [{ status: { $ne: 'draft' } }, { endTime: { $gt: now } }] };

/** Message ids of the news about bookings that are not accepted here, or not with that session; of the others the newest is kept. */
export const keepNews = async (tx: Queryable, news: readonly SessionNews[]): Promise<ReadonlySet<string>> => {
  const rows = await tx.query<{ messageId: string }>(keepSessionNews, { news: JSON.stringify(news) });
  return new Set(rows.map(({ messageId }) => messageId));
};
