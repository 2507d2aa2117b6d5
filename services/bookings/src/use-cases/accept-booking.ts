import { retryLostRace } from '@mentor-sessions/service-kit/lost-race';
import type { BookingAt } from '../database/booking-row.ts';
import { writeDecision } from '../database/booking-rows.ts';
import type { BookingsDatabase } from '../database/database.ts';
import { bookingAcceptedEvent } from '../domain/booking-accepted-event.ts';
import { readForDecision, type Decide } from './decide.ts';

/** The ids of the session to come and of the message that announces it are minted by the caller. */
export type AcceptBooking = Decide & {
  readonly sessionId: string;
  readonly messageId: string;
  readonly traceparent?: string | undefined;
};

export const acceptBooking = async (db: BookingsDatabase, command: AcceptBooking): Promise<BookingAt> => {
  const { actor, sessionId, messageId, traceparent, key } = command;
  const accepted = await retryLostRace(async () => {
    const found = await readForDecision(db, 'accept', command);
    if ('answer' in found) return found.answer;
    const { booking, now } = found;
    const decision = booking.accept(actor, { now, sessionId, messageId });
    return writeDecision(db, { booking, decision, event: bookingAcceptedEvent(booking, decision, traceparent), key });
  });
  db.announce();
  return accepted;
};
