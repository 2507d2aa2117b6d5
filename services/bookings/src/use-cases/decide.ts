import type { Actor } from '@mentor-sessions/service-kit/actor';
import { PreconditionFailed } from '@mentor-sessions/service-kit/errors';
import type { IdempotencyKey } from '@mentor-sessions/service-kit/idempotency';
import { readAnswer, readBookingUnderKey } from '../database/booking-answers.ts';
import type { BookingAt } from '../database/booking-row.ts';
import { readBooking } from '../database/booking-rows.ts';
import type { BookingsDatabase } from '../database/database.ts';
import type { BookingAction } from '../domain/lifecycle.ts';

export type Decide = {
  readonly id: string;
  readonly actor: Actor;
  /** Whether the caller's precondition (If-Match) holds for this version. */
  readonly ifMatch: (version: number) => boolean;
  readonly key?: IdempotencyKey | undefined;
};

/** What was answered before to this very request; null: it is forgotten, ask again. */
export type GivenBefore = { readonly answer: BookingAt | null };

/** 422 and 409 of the key, 404, 403 and 412, in this order, before the decision itself may answer 409. */
export const readForDecision = async (
  db: BookingsDatabase,
  action: BookingAction,
  { id, actor, ifMatch, key }: Decide,
): Promise<BookingAt | GivenBefore> => {
  const found = key ? await readBookingUnderKey(db, id, key) : await readBooking(db, id);
  if (found === 'done') return { answer: key ? await readAnswer(db, key) : null };
  found.booking.permit(action, actor);
  if (!ifMatch(found.booking.version)) throw new PreconditionFailed('The booking has another version.');
  return found;
};
