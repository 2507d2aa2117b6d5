import type { SessionScheduled } from '@mentor-sessions/contracts';
import { Rejected, type Message } from '@mentor-sessions/messaging';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { keepSessionNews } from '../database/booking-session-rows.ts';
import { sessionStatusAfter } from '../domain/session-status.ts';

/** Keeps what became of accepted bookings, in the consumer's transaction, whatever the order in which it is told. */
export const followSessions = async (tx: Queryable, messages: readonly Message<SessionScheduled>[]): Promise<void> => {
  const news = messages.map(({ id, type, time, sequence, data: { bookingId, sessionId } }) => {
    return { messageId: id, bookingId, sessionId, status: sessionStatusAfter(type), sequence, at: time };
  });
  const strange = await keepSessionNews(tx, news);
  const rejections = messages
    .filter(({ id }) => strange.has(id))
    .map((message) => {
      const { bookingId, sessionId } = message.data;
      const detail = `booking ${bookingId} was not accepted here with session ${sessionId}`;
      return { message, reason: 'unknown-booking', detail };
    });
  if (rejections.length > 0) throw new Rejected(rejections);
};
