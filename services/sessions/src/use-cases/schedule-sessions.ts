import type { BookingAccepted } from '@mentor-sessions/contracts';
import { enqueue, Rejected, type Message, type Rejection } from '@mentor-sessions/messaging';
import { present, type Queryable } from '@mentor-sessions/service-kit/database';
import { findKnownBookings, insertSessions, type KnownBooking } from '../database/database.ts';
import { factsOfBooking, sessionScheduledEvent } from '../domain/events.ts';

type Accepted = Message<BookingAccepted>;

/**
 * One session for each accepted booking, in the consumer's transaction. The copies of the bookings are kept permanently and
 * are the last inbox: a message that is older than the inbox remembers has no effect either.
 */
export const scheduleSessions = async (
  tx: Queryable,
  messages: readonly Accepted[],
  newId: () => string,
): Promise<void> => {
  const created = await insertSessions(tx, messages);
  const createdAt = new Map(created.map((row) => [row.message_id, row.created_at]));
  const fresh = messages.filter(({ id }) => createdAt.has(id));
  const others = messages.filter(({ id }) => !createdAt.has(id));
  if (others.length > 0) {
    const known = await findKnownBookings(tx, others);
    const rejections = others.flatMap((message) => rejectionOf(message, known) ?? []);
    if (rejections.length > 0) throw new Rejected(rejections);
  }
  await enqueue(
    tx,
    // one for each session that was created, or none of them is committed
    fresh.map(({ id, data, traceparent }) =>
      sessionScheduledEvent(factsOfBooking(data), {
        messageId: newId(),
        createdAt: present(createdAt.get(id), `sessions.created_at of ${data.sessionId}`),
        traceparent,
      }),
    ),
  );
};

/** Null: the very message that made the session, once more. */
const rejectionOf = (message: Accepted, known: readonly KnownBooking[]): Rejection | null => {
  const { id, contentHash, data } = message;
  const sameMessage = known.find((row) => row.message_id === id);
  if (sameMessage?.content_hash.equals(contentHash)) return null;
  if (sameMessage)
    return { message, reason: 'content-mismatch', detail: 'this message id made a session, with other content' };
  const sameBooking = known.find((row) => row.booking_id === data.bookingId);
  if (sameBooking) {
    const detail = `message ${sameBooking.message_id} made session ${sameBooking.session_id} for this booking`;
    return { message, reason: 'session-already-exists', detail };
  }
  return { message, reason: 'session-id-taken', detail: 'this session id belongs to another booking' };
};
