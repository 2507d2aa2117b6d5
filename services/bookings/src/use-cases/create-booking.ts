import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { BookingsDatabase } from '../database/database.ts';
import { insertBooking, readNow, type BookingAt } from '../database/booking-rows.ts';
import { requestBooking, type BookingRequest } from '../domain/request-booking.ts';

export type CreateBooking = { readonly id: string; readonly actor: Actor; readonly request: BookingRequest };

export const createBooking = async (db: BookingsDatabase, { id, actor, request }: CreateBooking): Promise<BookingAt> =>
  insertBooking(db, requestBooking(request, actor, { id, now: await readNow(db) }));
