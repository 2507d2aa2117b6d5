import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { Booking } from '../domain/booking.ts';
import { viewBooking, type BookingView } from './booking-view.ts';

type Answer = { status: number; body: BookingView; headers: Record<string, string> };

/** A booking as this caller sees it, with its version as ETag. */
export const answerWith = (
  { booking, now }: { booking: Booking; now: Date },
  actor: Actor,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Answer => ({
  status,
  body: viewBooking(booking, actor, now),
  headers: { ETag: `"${booking.version}"`, ...headers },
});
