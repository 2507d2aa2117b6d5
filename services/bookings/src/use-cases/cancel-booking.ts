import { retryLostRace } from '@mentor-sessions/service-kit/lost-race';
import type { BookingAt } from '../database/booking-row.ts';
import { writeDecision } from '../database/booking-rows.ts';
import type { BookingsDatabase } from '../database/database.ts';
import { readForDecision, type Decide } from './decide.ts';

export const cancelBooking = (db: BookingsDatabase, command: Decide): Promise<BookingAt> =>
  retryLostRace(async () => {
    const found = await readForDecision(db, 'cancel', command);
    if ('answer' in found) return found.answer;
    const { booking, now } = found;
    return writeDecision(db, { booking, decision: booking.cancel(command.actor, now), key: command.key });
  });
