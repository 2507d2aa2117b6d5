import type { Actor } from '@mentor-sessions/service-kit/actor';
import { Forbidden, type FieldError, ValidationFailed } from '@mentor-sessions/service-kit/errors';

export type BookingRequest = {
  readonly listingId: string;
  readonly mentorProfileId: string;
  readonly start: Date;
  readonly end: Date;
  readonly notes: string | null;
  readonly metadata: Readonly<Record<string, string>>;
};

/** What is written at birth; status, version and times of the row are the database's defaults. */
export type NewBooking = {
  readonly id: string;
  readonly listingId: string;
  readonly mentorProfileId: string;
  readonly menteeUserId: string;
  readonly startTime: Date;
  readonly endTime: Date;
  readonly notes: string | null;
  readonly metadata: Readonly<Record<string, string>>;
};

/** A mentee asks for themself. Errors in the request (400) come before the missing role (403), as in the API's order. */
export const requestBooking = (request: BookingRequest, actor: Actor, birth: { id: string; now: Date }): NewBooking => {
  assertPossible(request, actor, birth.now);
  if (!actor.roles.includes('mentee')) throw new Forbidden('Only a mentee can ask for a booking.');
  const { start: startTime, end: endTime, ...terms } = request;
  return { ...terms, id: birth.id, menteeUserId: actor.userId, startTime, endTime };
};

/** 400, whoever asks. */
export const assertPossible = (request: BookingRequest, actor: Actor, now: Date): void => {
  const errors = errorsIn(request, actor, now);
  if (errors.length > 0) throw new ValidationFailed(errors);
};

const errorsIn = ({ mentorProfileId, start, end }: BookingRequest, actor: Actor, now: Date): FieldError[] => {
  const errors: FieldError[] = [];
  if (mentorProfileId === actor.mentorProfileId)
    errors.push({ path: 'body.mentorProfileId', message: 'must not be your own' });
  if (start < now) errors.push({ path: 'body.start', message: 'must not be in the past' });
  if (end <= start) errors.push({ path: 'body.end', message: 'must be after start' });
  return errors;
};
