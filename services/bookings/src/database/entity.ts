import { defineEntity, p } from '@mikro-orm/core';
import type { Table } from '@mentor-sessions/service-kit/repository';
import { bookingNotFound, bookingStatuses, type BesideBooking, type Booking } from '../domain/booking.ts';

/** One property for each column of the table; what reads bookings takes its columns from here. */
export const BookingEntity = defineEntity({
  name: 'Booking',
  tableName: 'bookings',
  properties: {
    id: p.uuid().primary(),
    listingId: p.uuid(),
    mentorProfileId: p.uuid(),
    menteeUserId: p.uuid(),
    startTime: p.datetime(),
    endTime: p.datetime(),
    status: p.enum(bookingStatuses),
    sessionId: p.uuid().strictNullable(),
    acceptedMessageId: p.uuid().strictNullable(),
    decidedAt: p.datetime().strictNullable(),
    decidedBy: p.uuid().strictNullable(),
    notes: p.text().strictNullable(),
    metadata: p.json<Record<string, string>>(),
    version: p.integer(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

const decided = ['decidedAt', 'decidedBy'] as const;

/** Of a row `s` of booking_sessions. */
export const knownSession = `json_build_object('id', s.session_id, 'status', s.status, 'sequence', s.sequence)`;

export const bookings: Table<Booking, BesideBooking> = {
  noun: 'booking',
  entity: BookingEntity,
  from: 'bookings b',
  alias: 'b',
  beside: {
    columns: `(select ${knownSession} from booking_sessions s where s.booking_id = b.id) as session`,
    read: ({ session }) => ({ session: session as BesideBooking['session'] }),
  },
  changing: ['status', 'version', 'decidedAt', 'decidedBy', 'sessionId', 'acceptedMessageId', 'updatedAt'],
  requiredIn: {
    draft: [],
    accepted: [...decided, 'sessionId', 'acceptedMessageId'],
    declined: decided,
    cancelled: decided,
  },
  notFound: bookingNotFound,
};
