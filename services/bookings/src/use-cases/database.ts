/** What the use cases work on and answer with; http hands the first through without looking inside. */
export type { BookingsDatabase } from '../database/database.ts';
export type { BookingAt } from '../database/booking-row.ts';
