import type { Actor } from '@mentor-sessions/service-kit/actor';
import { PreconditionFailed } from '@mentor-sessions/service-kit/errors';
import { readBooking, type BookingAt } from '../database/booking-rows.ts';
import type { BookingsDatabase } from '../database/database.ts';
import type { BookingAction } from '../domain/lifecycle.ts';

export type Decide = {
  readonly id: string;
  readonly actor: Actor;
  /** Whether the caller's precondition (If-Match) holds for this version. */
  readonly ifMatch: (version: number) => boolean;
};

/** 404, 403 and 412, in this order, before the decision itself may answer 409. */
export const readForDecision = async (
  db: BookingsDatabase,
  action: BookingAction,
  { id, actor, ifMatch }: Decide,
): Promise<BookingAt> => {
  const found = await readBooking(db, id);
  found.booking.permit(action, actor);
  if (!ifMatch(found.booking.version)) throw new PreconditionFailed('The booking has another version.');
  return found;
};
