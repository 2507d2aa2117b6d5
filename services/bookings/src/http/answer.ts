import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { BookingAt } from '../use-cases/database.ts';
import { viewBooking, type BookingView } from './booking-view.ts';

type Answer = { status: number; body: BookingView; headers: Record<string, string> };

/** A booking as this caller sees it, or saw it when they first asked, with its version as ETag. */
export const answerWith = (
  { askedBy, ...seen }: BookingAt,
  actor: Actor,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Answer => ({
  status,
  body: viewBooking(seen, askedBy ?? actor),
  headers: { ETag: `"${seen.booking.version}"`, ...headers },
});
