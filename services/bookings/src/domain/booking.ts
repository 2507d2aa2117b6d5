import type { Terms as Published } from '@mentor-sessions/contracts';
import { Conflict, type FieldError, Forbidden, NotFound, ValidationFailed } from '@mentor-sessions/service-kit/errors';
import { defineLifecycle, type Attempt } from '@mentor-sessions/service-kit/transitions';

export const bookingStatuses = ['draft', 'accepted', 'declined', 'cancelled'] as const;
export type BookingStatus = (typeof bookingStatuses)[number];

/** What the mentee asks for. It passes through to the session unchanged. */
export type Terms = Readonly<Omit<Published, 'menteeUserId' | 'start' | 'end'>> & {
  readonly startTime: Date;
  readonly endTime: Date;
  readonly notes: string | null;
};

/** What a request alone says of a booking. */
export type Requested = Terms & { readonly id: string; readonly menteeUserId: string };

export type Booking = Requested & {
  readonly status: BookingStatus;
  readonly sessionId: string | null;
  readonly acceptedMessageId: string | null;
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
};

/** What becomes of an accepted booking; the sessions service decides, and says so in its events. */
export const sessionStatuses = ['scheduled', 'in_progress', 'completed'] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** A session as its last event reported it; `sequence` is its version. */
export type KnownSession = { readonly id: string; readonly status: SessionStatus; readonly sequence: number };

/** What is known beside a booking: what has become of its session. Null until known here. */
export type BesideBooking = { readonly session: KnownSession | null };

export const lifecycle = defineLifecycle({
  noun: 'booking',
  transitions: {
    // no one accepts their own request, not even as one of several users of the mentor's profile
    accept: { from: 'draft', to: 'accepted', by: ['mentor'], neverBy: 'mentee' },
    decline: { from: 'draft', to: 'declined', by: ['mentor'] },
    cancel: { from: 'draft', to: 'cancelled', by: ['mentee'] },
  },
});

export type BookingAction = (typeof lifecycle.actions)[number];
/** Ids of the session to come and of the message that announces it. */
type Minted = { readonly sessionId: string; readonly messageId: string };

/** For whoever declines or cancels: a decision after which nothing follows. */
export const decide = (action: 'decline' | 'cancel', booking: Booking, attempt: Attempt) => {
  const moved = lifecycle.move(action, booking, attempt);
  return { ...moved, decidedAt: moved.updatedAt, decidedBy: attempt.actor.userId };
};

export const accept = (booking: Booking, { sessionId, messageId, ...attempt }: Attempt & Minted) => {
  const moved = lifecycle.move('accept', booking, attempt);
  if (isOver(booking, attempt.now)) throw new Conflict('booking-expired', 'The time of this booking is over.');
  const decided = { decidedAt: moved.updatedAt, decidedBy: attempt.actor.userId };
  return { ...moved, ...decided, sessionId, acceptedMessageId: messageId };
};

/** What would succeed if this caller tried it now, another booking of the mentor's aside. */
export const allowedActions = (booking: Booking, { actor, now }: Attempt): BookingAction[] =>
  lifecycle.allowedActions(booking, actor).filter((action) => action !== 'accept' || !isOver(booking, now));

const isOver = (booking: Booking, now: Date): boolean => now >= booking.endTime;

/** A draft that no one can accept any more. */
export const isExpired = (booking: Booking, now: Date): boolean => booking.status === 'draft' && isOver(booking, now);

/** How long a booking may be, and how far ahead it may start. Of new ones only. */
export type Bounds = { readonly longestHours: number; readonly furthestDays: number };
export const defaultBounds: Bounds = { longestHours: 24, furthestDays: 731 };

type Request = Attempt & { readonly id: string; readonly bounds: Bounds };

/** A mentee asks for themself. Errors in the request (400) come before the missing role (403), as in the API's order. */
export const requestBooking = (terms: Terms, request: Request): Requested => {
  const { id, actor } = request;
  const errors = errorsIn(terms, request);
  if (errors.length > 0) throw new ValidationFailed(errors);
  if (!actor.roles.includes('mentee')) throw new Forbidden('Only a mentee can request a booking.');
  return { ...terms, id, menteeUserId: actor.userId };
};

const startHasPassed: FieldError = { path: 'body.start', message: 'must not be in the past', code: 'in-the-past' };

const HOUR_MS = 3_600_000;

const when = (isWrong: boolean, error: FieldError): FieldError[] => (isWrong ? [error] : []);

const errorsIn = ({ mentorProfileId, startTime, endTime }: Terms, { actor, now, bounds }: Request): FieldError[] => [
  ...when(mentorProfileId === actor.mentorProfileId, {
    path: 'body.mentorProfileId',
    message: 'must not be your own',
    code: 'your-own',
  }),
  ...when(startTime < now, startHasPassed),
  ...when(startTime.getTime() - now.getTime() > bounds.furthestDays * 24 * HOUR_MS, {
    path: 'body.start',
    message: `must be within ${bounds.furthestDays} days from now`,
    code: 'too-far',
    max: bounds.furthestDays,
  }),
  ...when(endTime <= startTime, { path: 'body.end', message: 'must be after start', code: 'not-after-start' }),
  ...when(endTime.getTime() - startTime.getTime() > bounds.longestHours * HOUR_MS, {
    path: 'body.end',
    message: `must be at most ${bounds.longestHours} hours after start`,
    code: 'too-long-after-start',
    max: bounds.longestHours,
  }),
];

/** The booking in the way is the mentor's own, as is the one to accept: no one else gets this answer. */
export const mentorDoubleBooked = (conflictingBookingId: string | undefined): Conflict =>
  new Conflict('mentor-double-booked', 'The mentor has accepted another booking at that time.', {
    ...(conflictingBookingId && { conflictingBookingId }),
  });

/** What the database alone can tell, by the constraint that says so. */
export const refusals = {
  // it was in the future when it was checked, and is in the past now
  booking_starts_in_the_future: () => new ValidationFailed([startHasPassed]),
  // the database was given narrower bounds than this process
  booking_is_not_too_long: () =>
    new ValidationFailed([{ path: 'body.end', message: 'is too long after start', code: 'too-long-after-start' }]),
  booking_starts_soon_enough: () =>
    new ValidationFailed([{ path: 'body.start', message: 'is too far ahead', code: 'too-far' }]),
};

export const bookingNotFound = (): NotFound => new NotFound('Booking not found.');
