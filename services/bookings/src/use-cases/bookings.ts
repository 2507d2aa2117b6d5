import type { Envelope } from '@mentor-sessions/contracts';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { Filter, PageRequest } from '@mentor-sessions/service-kit/keyset';
import type { ChangeCommand, CreateCommand, Seen } from '@mentor-sessions/service-kit/repository';
import type { Party } from '@mentor-sessions/service-kit/transitions';
import { expiredIs, type Bookings } from '../database/database.ts';
import {
  accept,
  decide,
  lifecycle,
  requestBooking,
  type BesideBooking,
  type Booking,
  type Bounds,
  type Terms,
} from '../domain/booking.ts';
import {
  bookingAcceptedEvent,
  bookingCancelledEvent,
  bookingDeclinedEvent,
  bookingRequestedEvent,
  eventsOf,
  type Message,
} from '../domain/events.ts';

export type { Bookings } from '../database/database.ts';

export type CreateBooking = CreateCommand &
  Message & { readonly id: string; readonly terms: Terms; readonly bounds: Bounds };

export const createBooking = (db: Bookings, { terms, ...command }: CreateBooking): Promise<Seen<Booking>> =>
  db.create(command, ({ now }) => {
    const requested = requestBooking(terms, { ...command, now });
    return { insert: requested, event: bookingRequestedEvent(requested, now, command) };
  });

export type DecideBooking = ChangeCommand & Message;

/** The id of the session to come is minted by the caller. */
export type AcceptBooking = DecideBooking & { readonly sessionId: string };

export const acceptBooking = (db: Bookings, command: AcceptBooking): Promise<Seen<Booking>> =>
  db.change(command, (booking, { now }) => {
    const accepted = accept(booking, { ...command, now });
    return { update: accepted, event: bookingAcceptedEvent({ ...booking, ...accepted }, command.traceparent) };
  });

export const declineBooking = (db: Bookings, command: DecideBooking): Promise<Seen<Booking>> =>
  db.change(command, (booking, { now }) => {
    const declined = decide('decline', booking, { actor: command.actor, now });
    return { update: declined, event: bookingDeclinedEvent({ ...booking, ...declined }, command) };
  });

export const cancelBooking = (db: Bookings, command: DecideBooking): Promise<Seen<Booking>> =>
  db.change(command, (booking, { now }) => {
    const cancelled = decide('cancel', booking, { actor: command.actor, now });
    return { update: cancelled, event: bookingCancelledEvent({ ...booking, ...cancelled }, command) };
  });

export const getBooking = async (db: Bookings, id: string, actor: Actor): Promise<Seen<Booking> & BesideBooking> => {
  const found = await db.get(id);
  lifecycle.assertReadable(found.row, actor);
  return found;
};

export const getBookingHistory = async (db: Bookings, id: string, actor: Actor) => {
  await getBooking(db, id, actor);
  return db.history(id);
};

export type ListBookings = {
  readonly as?: Party | undefined;
  readonly filter: Filter & { readonly expired?: boolean | undefined };
  readonly page: PageRequest;
};

/** The caller's own, as mentor, as mentee or both, at this time of the database; with their sessions, as far as known. */
export const listBookings = async (db: Bookings, actor: Actor, list: ListBookings) => {
  const now = await db.now();
  const { expired, ...filter } = list.filter;
  const narrowed = expired === undefined ? filter : { ...filter, anyOf: [expiredIs(expired, now)] };
  const page = await db.list(lifecycle.ownRows(actor, list.as), narrowed, list.page);
  return { ...page, sessions: await db.knownSessions(page.items.map(({ id }) => id)), now };
};

/** What must have been published of this booking, from its row: booking.accepted under its message id, others under new ones. */
export const eventsOfBooking =
  (db: Bookings, newId: () => string) =>
  async (tx: Queryable, id: string): Promise<Envelope[]> => {
    const booking = (await db.find(tx, id))?.row;
    return booking ? eventsOf(booking, newId) : [];
  };
