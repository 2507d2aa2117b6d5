import type { Actor } from '@mentor-sessions/service-kit/actor';
import { Conflict, Forbidden } from '@mentor-sessions/service-kit/errors';
import { defineEntity, p } from '@mikro-orm/core';
import {
  type BookingAction,
  bookingActions,
  type BookingStatus,
  bookingStatuses,
  type Party,
  transitions,
} from './lifecycle.ts';
import { partiesOf } from './parties.ts';

export const BookingSchema = defineEntity({
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

/** The change to write, and nothing else of the row: the writer adds `where version = <version> - 1`. */
export type BookingDecision = {
  readonly status: Exclude<BookingStatus, 'draft'>;
  readonly version: number;
  readonly decidedAt: Date;
  readonly decidedBy: string;
  readonly sessionId: string | null;
  readonly acceptedMessageId: string | null;
};

/** A decision with which a session begins. */
export type BookingAcceptance = BookingDecision & { readonly sessionId: string; readonly acceptedMessageId: string };

/** Minted for an acceptance: the ids of the session to come and of the event that announces it. */
export type Acceptance = { readonly now: Date; readonly sessionId: string; readonly messageId: string };

export class Booking extends BookingSchema.class {
  /** 403, which comes before 412 and 409: the decisions below ask it too, so that nobody can forget it. */
  permit(action: BookingAction, actor: Actor): void {
    if (!isFor(this, action, actor)) throw new Forbidden(`You are not the one to ${action} this booking.`);
  }

  accept(actor: Actor, { now, sessionId, messageId }: Acceptance): BookingAcceptance {
    const decision = decide(this, 'accept', { actor, now });
    if (isOver(this, now)) throw new Conflict('booking-expired', 'The time of this booking is over.');
    return { ...decision, sessionId, acceptedMessageId: messageId };
  }

  decline(actor: Actor, now: Date): BookingDecision {
    return decide(this, 'decline', { actor, now });
  }

  cancel(actor: Actor, now: Date): BookingDecision {
    return decide(this, 'cancel', { actor, now });
  }

  /** What was decided when it was accepted: the same as then. Throws if it was not. */
  acceptance(): BookingAcceptance {
    const { version, decidedAt, decidedBy, sessionId, acceptedMessageId } = this;
    if (this.status !== 'accepted' || !decidedAt || !decidedBy || !sessionId || !acceptedMessageId)
      throw new Error(`booking ${this.id} was not accepted`);
    return { status: this.status, version, decidedAt, decidedBy, sessionId, acceptedMessageId };
  }

  /** What would succeed if this actor tried it now, another booking of the mentor's aside. */
  allowedActions(actor: Actor, now: Date): BookingAction[] {
    return bookingActions
      .filter((action) => this.status === transitions[action].from && isFor(this, action, actor))
      .filter((action) => action !== 'accept' || !isOver(this, now));
  }

  assertReadableBy(actor: Actor): void {
    if (partiesOf(actor, this).length === 0) throw new Forbidden('This booking is between two other people.');
  }
}

BookingSchema.setClass(Booking);

// Functions, not #private methods: the ORM makes entities without their constructor, and those have no private names.

const isFor = (booking: Booking, action: BookingAction, actor: Actor): boolean => {
  const { by, neverByTheMentee } = transitions[action];
  if (neverByTheMentee && actor.userId === booking.menteeUserId) return false;
  return partiesOf(actor, booking).some((party) => (by as readonly Party[]).includes(party));
};

const isOver = (booking: Booking, now: Date): boolean => now >= booking.endTime;

type Attempt = { readonly actor: Actor; readonly now: Date };

const decide = (booking: Booking, action: BookingAction, { actor, now }: Attempt): BookingDecision => {
  booking.permit(action, actor);
  const { from, to } = transitions[action];
  if (booking.status !== from) throw invalidTransition(booking, to);
  // never before the birth, even when the database's clock was set back meanwhile
  const decidedAt = now > booking.updatedAt ? now : booking.updatedAt;
  const version = booking.version + 1;
  return { status: to, version, decidedAt, decidedBy: actor.userId, sessionId: null, acceptedMessageId: null };
};

const invalidTransition = ({ status }: Booking, to: BookingStatus): Conflict =>
  new Conflict('invalid-transition', `A booking that is ${status} cannot be ${to}.`, { currentStatus: status });
