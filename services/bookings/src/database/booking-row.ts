import type { Actor } from '@mentor-sessions/service-kit/actor';
import { complete, present } from '@mentor-sessions/service-kit/database';
import { Booking } from '../domain/booking.ts';
import type { BookingStatus } from '../domain/lifecycle.ts';
import type { SessionStatus } from '../domain/session-status.ts';

/** A booking and the database's time at which it was so; of an answer that is given again, the caller as they were then. */
export type BookingAt = {
  readonly booking: Booking;
  /** What has become of its session; null until known here. An answer that is given again says what it said then: null. */
  readonly sessionStatus: SessionStatus | null;
  readonly now: Date;
  readonly askedBy?: Actor;
};

export const properties = `id, listing_id as "listingId", mentor_profile_id as "mentorProfileId", mentee_user_id as "menteeUserId",
  start_time as "startTime", end_time as "endTime", status, session_id as "sessionId",
  accepted_message_id as "acceptedMessageId", decided_at as "decidedAt", decided_by as "decidedBy", notes, metadata,
  version, created_at as "createdAt", updated_at as "updatedAt"`;
export const time = `date_trunc('milliseconds', clock_timestamp()) as now`;

export type Row = Record<string, unknown> & { now: Date; sessionStatus?: SessionStatus | null };

export const toBookingAt = ({ now: at, sessionStatus = null, ...columnsOfIt }: Row): BookingAt => ({
  booking: toBooking(columnsOfIt),
  sessionStatus,
  now: present(at, 'clock_timestamp()'),
});

// Not Object.assign on a new one: that would run the setters that the ORM defines for its unit of work, 16 times a row.
export const toBooking = (columnsOfIt: object): Booking =>
  completeBooking({ __proto__: Booking.prototype, ...columnsOfIt } as unknown as Booking);

const always = [
  ...(['id', 'listingId', 'mentorProfileId', 'menteeUserId', 'startTime', 'endTime'] as const),
  ...(['status', 'metadata', 'version', 'createdAt', 'updatedAt'] as const),
];
const decided = [...always, 'decidedAt', 'decidedBy'] as const;
const byStatus: Readonly<Record<BookingStatus, readonly (keyof Booking)[]>> = {
  draft: always,
  accepted: [...decided, 'sessionId', 'acceptedMessageId'],
  declined: decided,
  cancelled: decided,
};

/** Throws unless everything has a value that the table demands of a booking in this status. */
export const completeBooking = (booking: Booking): Booking =>
  complete(booking, byStatus[booking.status] ?? always, 'bookings');
