import type { Actor } from '@mentor-sessions/service-kit/actor';
import { PreconditionFailed } from '@mentor-sessions/service-kit/errors';
import type { IdempotencyKey } from '@mentor-sessions/service-kit/idempotency';
import type { SessionsDatabase } from '../database/database.ts';
import { readAnswer, readSessionUnderKey, type SessionAnswer } from '../database/session-answers.ts';
import { readSession, type SessionAt } from '../database/session-rows.ts';
import type { SessionAction } from '../domain/lifecycle.ts';
import type { Session } from '../domain/session.ts';

export type Transition = {
  readonly id: string;
  readonly actor: Actor;
  /** Whether the caller's precondition (If-Match) holds for this version. */
  readonly ifMatch: (version: number) => boolean;
  readonly key?: IdempotencyKey | undefined;
  /** Id of the event that will tell of it, minted by the caller. */
  readonly messageId: string;
  readonly traceparent?: string | undefined;
};

/** A session after its transition; of an answer that is given again, with the caller as they were then. */
export type Transitioned = { readonly session: Session; readonly askedBy?: Actor };

/** What was answered before to this very request; null: it is forgotten, ask again. */
export type GivenBefore = { readonly answer: SessionAnswer | null };

/** 422 and 409 of the key, 404, 403 and 412, in this order, before the decision itself may answer 409. */
export const readForTransition = async (
  db: SessionsDatabase,
  action: SessionAction,
  { id, actor, ifMatch, key }: Transition,
): Promise<SessionAt | GivenBefore> => {
  const found = key ? await readSessionUnderKey(db, id, key) : await readSession(db, id);
  if (found === 'done') return { answer: key ? await readAnswer(db, key) : null };
  found.session.permit(action, actor);
  if (!ifMatch(found.session.version)) throw new PreconditionFailed('The session has another version.');
  return found;
};
