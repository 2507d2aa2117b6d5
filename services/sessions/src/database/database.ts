import type { BookingAccepted } from '@mentor-sessions/contracts';
import { createOutbox, type Message } from '@mentor-sessions/messaging';
import { complete, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import type { Filter } from '@mentor-sessions/service-kit/keyset';
import { openRepository } from '@mentor-sessions/service-kit/repository';
import { deadlines, type Attention } from '../domain/session.ts';
import { sessions } from './entity.ts';
import { knownBookings, schedule } from './statements.ts';

export type Sessions = ReturnType<typeof openSessions>;

export const openSessions = (database: Database) =>
  openRepository(database, { table: sessions, writes: {}, outbox: createOutbox(database) });

/** Conditions of MikroORM for what needs one of these kinds of attention at this time: each implies a status. */
export const withAttention = <F extends Filter>(
  { status: statuses, ...filter }: F,
  { attention, now, completionGraceSeconds }: Attending,
) => {
  const wanted = deadlines(completionGraceSeconds).filter(
    (deadline) => attention.includes(deadline.attention) && (statuses?.includes(deadline.status) ?? true),
  );
  const anyOf = wanted.map(({ status, after, graceSeconds }) => {
    const latest = { $lte: new Date(now.getTime() - graceSeconds * 1_000) };
    // the start is before the end: it bounds the scan of the index
    return { status, startTime: latest, ...Object.fromEntries(after.map((time) => [time, latest])) };
  });
  return { ...filter, anyOf };
};

type Attending = {
  readonly attention: readonly Attention[];
  readonly now: Date;
  readonly completionGraceSeconds: number;
};

export type CreatedSession = { readonly message_id: string; readonly created_at: Date };

export type KnownBooking = {
  readonly booking_id: string;
  readonly session_id: string;
  readonly message_id: string;
  readonly content_hash: Buffer;
};

/** What could be created; a message is missing from the answer when its booking, session or message id is there already. */
export const insertSessions = async (
  tx: Queryable,
  messages: readonly Message<BookingAccepted>[],
): Promise<CreatedSession[]> => {
  const rows = messages.map(({ id, contentHash, data }) => ({
    ...data,
    id: data.sessionId,
    startTime: data.start,
    endTime: data.end,
    messageId: id,
    contentHash: contentHash.toString('hex'),
  }));
  const created = await tx.query<CreatedSession>(schedule, { messages: JSON.stringify(rows) });
  return created.map((row) => complete(row, ['message_id', 'created_at'], 'sessions'));
};

export const findKnownBookings = async (
  tx: Queryable,
  messages: readonly Message<BookingAccepted>[],
): Promise<KnownBooking[]> => {
  const rows = await tx.query<KnownBooking>(knownBookings, {
    bookingIds: messages.map(({ data }) => data.bookingId),
    sessionIds: messages.map(({ data }) => data.sessionId),
    messageIds: messages.map(({ id }) => id),
  });
  const columns = ['booking_id', 'session_id', 'message_id', 'content_hash'] as const;
  return rows.map((row) => complete(row, columns, 'accepted_bookings'));
};
