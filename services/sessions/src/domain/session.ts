import type { Actor } from '@mentor-sessions/service-kit/actor';
import { Conflict, Forbidden } from '@mentor-sessions/service-kit/errors';
import { defineEntity, p } from '@mikro-orm/core';
import {
  type Party,
  type SessionAction,
  sessionActions,
  type SessionStatus,
  sessionStatuses,
  transitions,
} from './lifecycle.ts';
import { partiesOf } from './parties.ts';

export const SessionSchema = defineEntity({
  name: 'Session',
  tableName: 'sessions',
  properties: {
    id: p.uuid().primary(),
    bookingId: p.uuid(),
    listingId: p.uuid(),
    mentorProfileId: p.uuid(),
    menteeUserId: p.uuid(),
    startTime: p.datetime(),
    endTime: p.datetime(),
    status: p.enum(sessionStatuses),
    notes: p.text().strictNullable(),
    metadata: p.json<Record<string, string>>(),
    startedAt: p.datetime().strictNullable(),
    startedBy: p.uuid().strictNullable(),
    completedAt: p.datetime().strictNullable(),
    completedBy: p.uuid().strictNullable(),
    version: p.integer(),
    createdAt: p.datetime(),
    updatedAt: p.datetime(),
  },
});

type Recorded<Verb extends 'started' | 'completed'> = Readonly<Record<`${Verb}At`, Date> & Record<`${Verb}By`, string>>;

/** The change to write, and nothing else of the row: the writer adds `where version = <version> - 1`. */
export type SessionStart = { readonly status: 'in_progress'; readonly version: number } & Recorded<'started'>;
export type SessionCompletion = { readonly status: 'completed'; readonly version: number } & Recorded<'completed'>;
export type SessionTransition = SessionStart | SessionCompletion;

export class Session extends SessionSchema.class {
  /** 403, which comes before 412 and 409: the decisions below ask it too, so that nobody can forget it. */
  permit(action: SessionAction, actor: Actor): void {
    if (!isFor(this, action, actor)) throw new Forbidden(`You are not the one to ${action} this session.`);
  }

  start(actor: Actor, now: Date): SessionStart {
    const { version, at } = decide(this, 'start', { actor, now });
    return { status: transitions.start.to, version, startedAt: at, startedBy: actor.userId };
  }

  complete(actor: Actor, now: Date): SessionCompletion {
    const { version, at } = decide(this, 'complete', { actor, now });
    return { status: transitions.complete.to, version, completedAt: at, completedBy: actor.userId };
  }

  /** What would succeed if this actor tried it now; the clock has no say in it. */
  allowedActions(actor: Actor): SessionAction[] {
    return sessionActions.filter((action) => this.status === transitions[action].from && isFor(this, action, actor));
  }

  assertReadableBy(actor: Actor): void {
    if (partiesOf(actor, this).length === 0) throw new Forbidden('This session is between two other people.');
  }
}

SessionSchema.setClass(Session);

// Functions, not #private methods: the ORM makes entities without their constructor, and those have no private names.

const isFor = (session: Session, action: SessionAction, actor: Actor): boolean => {
  const { by, neverByTheMentee } = transitions[action];
  if (neverByTheMentee && actor.userId === session.menteeUserId) return false;
  return partiesOf(actor, session).some((party) => (by as readonly Party[]).includes(party));
};

type Attempt = { readonly actor: Actor; readonly now: Date };

const decide = (session: Session, action: SessionAction, { actor, now }: Attempt) => {
  session.permit(action, actor);
  const { from, to } = transitions[action];
  if (session.status !== from) throw invalidTransition(session, to);
  // never before the transition before it, even when the database's clock was set back meanwhile
  const at = now > session.updatedAt ? now : session.updatedAt;
  return { version: session.version + 1, at };
};

const invalidTransition = ({ status }: Session, to: SessionStatus): Conflict =>
  new Conflict('invalid-transition', `A session that is ${status} cannot be ${to}.`, { currentStatus: status });
