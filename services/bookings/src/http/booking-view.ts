import { z } from 'zod';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { Booking } from '../domain/booking.ts';
import { bookingActions, bookingStatuses } from '../domain/lifecycle.ts';
import { sessionStatuses, type SessionStatus } from '../domain/session-status.ts';

const uuid = z.guid();
const time = z.iso.datetime();

export const bookingView = z
  .object({
    id: uuid,
    listingId: uuid,
    mentorProfileId: uuid,
    menteeUserId: uuid,
    start: time,
    end: time,
    status: z.enum(bookingStatuses),
    sessionId: uuid
      .nullable()
      .describe('minted by the acceptance; until the sessions service has handled it, its URL answers 404'),
    sessionStatus: z
      .enum(sessionStatuses)
      .nullable()
      .describe('what has become of it; null until known here; follows the session by some milliseconds'),
    notes: z.string().nullable().describe('private to the two people'),
    metadata: z.record(z.string(), z.string()),
    allowedActions: z.array(z.enum(bookingActions)).describe('what you may do now'),
    version: z.int().describe('also the ETag'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Booking' });

export type BookingView = z.infer<typeof bookingView>;

type Seen = { readonly booking: Booking; readonly sessionStatus: SessionStatus | null; readonly now: Date };

export const viewBooking = ({ booking, sessionStatus, now }: Seen, actor: Actor): BookingView => ({
  id: booking.id,
  listingId: booking.listingId,
  mentorProfileId: booking.mentorProfileId,
  menteeUserId: booking.menteeUserId,
  start: booking.startTime.toISOString(),
  end: booking.endTime.toISOString(),
  status: booking.status,
  sessionId: booking.sessionId,
  sessionStatus,
  notes: booking.notes,
  metadata: booking.metadata,
  allowedActions: booking.allowedActions(actor, now),
  version: booking.version,
  createdAt: booking.createdAt.toISOString(),
  updatedAt: booking.updatedAt.toISOString(),
});
