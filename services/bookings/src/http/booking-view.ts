import { z } from 'zod';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { Booking } from '../domain/booking.ts';
import { bookingActions, bookingStatuses } from '../domain/lifecycle.ts';

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
    sessionStatus: z.enum(['scheduled', 'in_progress', 'completed']).nullable().describe('null until known here'),
    notes: z.string().nullable().describe('private to the two people'),
    metadata: z.record(z.string(), z.string()),
    allowedActions: z.array(z.enum(bookingActions)).describe('what you may do now'),
    version: z.int().describe('also the ETag'),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Booking' });

export type BookingView = z.infer<typeof bookingView>;

export const viewBooking = (booking: Booking, actor: Actor, now: Date): BookingView => ({
  id: booking.id,
  listingId: booking.listingId,
  mentorProfileId: booking.mentorProfileId,
  menteeUserId: booking.menteeUserId,
  start: booking.startTime.toISOString(),
  end: booking.endTime.toISOString(),
  status: booking.status,
  sessionId: booking.sessionId,
  sessionStatus: null,
  notes: booking.notes,
  metadata: booking.metadata,
  allowedActions: booking.allowedActions(actor, now),
  version: booking.version,
  createdAt: booking.createdAt.toISOString(),
  updatedAt: booking.updatedAt.toISOString(),
});
