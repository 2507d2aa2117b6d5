import type { Actor } from '@mentor-sessions/service-kit/actor';
import { mergePages, type Page, type PageRequest } from '@mentor-sessions/service-kit/keyset';
import type { BookingsDatabase } from '../database/database.ts';
import { readSessionStatuses } from '../database/booking-session-rows.ts';
import { findBookingPage, type BookingFilter } from '../database/list-booking-rows.ts';
import type { Booking } from '../domain/booking.ts';
import type { Party } from '../domain/lifecycle.ts';
import type { SessionStatus } from '../domain/session-status.ts';

export type ListBookings = {
  readonly as?: Party | undefined;
  readonly filter: BookingFilter;
  readonly page: PageRequest;
};

/** `statuses`: of their sessions, by booking, as far as known. */
export type BookingList = Page<Booking> & {
  readonly statuses: Readonly<Record<string, SessionStatus>>;
  readonly now: Date;
};

/** The caller's own, as mentor, as mentee or both: an index scan for each side, merged. */
export const listBookings = async (db: BookingsDatabase, actor: Actor, list: ListBookings): Promise<BookingList> => {
  const owners = ownersOf(actor).filter(({ as }) => list.as === undefined || list.as === as);
  const pages = await Promise.all(
    owners.map(({ owner }) => findBookingPage(db, { ...list.filter, ...owner }, list.page)),
  );
  const page = mergePages(pages, list.page);
  const ids = page.items.map(({ id }) => id);
  return { ...page, ...(await readSessionStatuses(db, ids)) };
};

const ownersOf = ({ roles, userId, mentorProfileId }: Actor) => [
  ...(roles.includes('mentor') && mentorProfileId ? [{ as: 'mentor', owner: { mentorProfileId } } as const] : []),
  ...(roles.includes('mentee') ? [{ as: 'mentee', owner: { menteeUserId: userId } } as const] : []),
];
