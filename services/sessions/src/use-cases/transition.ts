import type { Actor } from '@mentor-sessions/service-kit/actor';
import { PreconditionFailed } from '@mentor-sessions/service-kit/errors';
import type { SessionsDatabase } from '../database/database.ts';
import { readSession, type SessionAt } from '../database/session-rows.ts';
import type { SessionAction } from '../domain/lifecycle.ts';

export type Transition = {
  readonly id: string;
  readonly actor: Actor;
  /** Whether the caller's precondition (If-Match) holds for this version. */
  readonly ifMatch: (version: number) => boolean;
  /** Id of the event that will tell of it, minted by the caller. */
  readonly messageId: string;
  readonly traceparent?: string | undefined;
};

/** 404, 403 and 412, in this order, before the decision itself may answer 409. */
export const readForTransition = async (
  db: SessionsDatabase,
  action: SessionAction,
  { id, actor, ifMatch }: Transition,
): Promise<SessionAt> => {
  const found = await readSession(db, id);
  found.session.permit(action, actor);
  if (!ifMatch(found.session.version)) throw new PreconditionFailed('The session has another version.');
  return found;
};
