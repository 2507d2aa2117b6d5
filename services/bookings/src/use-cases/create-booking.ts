import type { Actor } from '@mentor-sessions/service-kit/actor';
import { assertUsable, isDone, type IdempotencyKey } from '@mentor-sessions/service-kit/idempotency';
import { retryLostRace } from '@mentor-sessions/service-kit/lost-race';
import { readAnswer, readNowUnderKey } from '../database/booking-answers.ts';
import type { BookingAt } from '../database/booking-row.ts';
import { insertBooking, readNow } from '../database/booking-rows.ts';
import type { BookingsDatabase } from '../database/database.ts';
import { assertPossible, requestBooking, type BookingRequest } from '../domain/request-booking.ts';

export type CreateBooking = {
  readonly id: string;
  readonly actor: Actor;
  readonly request: BookingRequest;
  readonly key?: IdempotencyKey | undefined;
};

export const createBooking = (db: BookingsDatabase, command: CreateBooking): Promise<BookingAt> =>
  retryLostRace(async () => {
    const { id, actor, request, key } = command;
    if (!key) return insertBooking(db, requestBooking(request, actor, { id, now: await readNow(db) }));
    const { now, ...state } = await readNowUnderKey(db, key);
    if (isDone(state, key)) return readAnswer(db, key);
    assertPossible(request, actor, now); // 400, before 422 and 409 of the key, before 403
    assertUsable(state);
    return insertBooking(db, requestBooking(request, actor, { id, now }), key);
  });
