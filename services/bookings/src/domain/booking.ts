import type { Terms as Published } from '@mentor-sessions/contracts';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { Conflict, type FieldError, Forbidden, NotFound, ValidationFailed } from '@mentor-sessions/service-kit/errors';
import { defineLifecycle } from '@mentor-sessions/service-kit/transitions';

export const bookingStatuses = ['draft', 'accepted', 'declined', 'cancelled'] as const;
export type BookingStatus = (typeof bookingStatuses)[number];

/** What the mentee asks for. It passes through to the session unchanged. */
export type Terms = Readonly<Omit<Published, 'menteeUserId' | 'start' | 'end'>> & {
  readonly startTime: Date;
  readonly endTime: Date;
  readonly notes: string | null;
};

export type Booking = Terms & {
  readonly id: string;
  readonly menteeUserId: string;
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

/** What is known beside a booking: what has become of its session. Null until known here. */
export type BesideBooking = { readonly sessionStatus: SessionStatus | null };

export const lifecycle = defineLifecycle({
  noun: 'booking',
  parties: {
    mentor: { row: 'mentorProfileId', actor: 'mentorProfileId' },
    mentee: { row: 'menteeUserId', actor: 'userId' },
  },
  transitions: {
    // no one accepts their own request, not even as one of several users of the mentor's profile
    accept: { from: 'draft', to: 'accepted', by: ['mentor'], neverBy: 'mentee' },
    decline: { from: 'draft', to: 'declined', by: ['mentor'] },
    cancel: { from: 'draft', to: 'cancelled', by: ['mentee'] },
  },
});

export type BookingAction = (typeof lifecycle.actions)[number];
export type Party = 'mentor' | 'mentee';

type Attempt = { readonly actor: Actor; readonly now: Date };
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

/** A mentee asks for themself. Errors in the request (400) come before the missing role (403), as in the API's order. */
export const requestBooking = (terms: Terms, { id, actor, now }: Attempt & { readonly id: string }) => {
  const errors = errorsIn(terms, actor, now);
  if (errors.length > 0) throw new ValidationFailed(errors);
  if (!actor.roles.includes('mentee')) throw new Forbidden('Only a mentee can request a booking.');
  return { ...terms, id, menteeUserId: actor.userId };
};

const startHasPassed: FieldError = { path: 'body.start', message: 'must not be in the past' };

const errorsIn = ({ mentorProfileId, startTime, endTime }: Terms, actor: Actor, now: Date): FieldError[] => [
  ...(mentorProfileId === actor.mentorProfileId
    ? [{ path: 'body.mentorProfileId', message: 'must not be your own' }]
    : []),
  ...(startTime < now ? [startHasPassed] : []),
  ...(endTime <= startTime ? [{ path: 'body.end', message: 'must be after start' }] : []),
];

/** What the database alone can tell, by the constraint that says so. */
export const refusals = {
  mentor_never_double_booked: () =>
    new Conflict('mentor-double-booked', 'The mentor has accepted another booking at that time.'),
  // it was in the future when it was checked, and is in the past now
  booking_starts_in_the_future: () => new ValidationFailed([startHasPassed]),
};

export const bookingNotFound = (): NotFound => new NotFound('Booking not found.');
