import type { Actor } from '@mentor-sessions/service-kit/actor';
import type { BookingAccepted, Envelope } from '@mentor-sessions/contracts';
import { enqueue } from '@mentor-sessions/messaging';
import { OutcomeUnknown, ProblemError, Unavailable } from '@mentor-sessions/service-kit/errors';
import type { Sessions } from '@mentor-sessions/sessions/database/database';
import { completeSession, startSession } from '@mentor-sessions/sessions/use-cases/sessions';

/** A client's request and its result; unknown: the response was lost, or outcome-unknown. */
export type Operation = {
  readonly kind: 'accept' | 'start' | 'complete';
  readonly id: string;
  readonly actor: Actor;
  readonly messageId: string;
  outcome: 'under way' | 'ok' | 'refused' | 'failed' | 'unknown';
  code: string;
};

const settle = (operation: Operation, error: unknown): void => {
  const isProblem = error instanceof ProblemError;
  operation.code = isProblem ? error.code : String(error);
  if (error instanceof OutcomeUnknown) operation.outcome = 'unknown';
  else if (error instanceof Unavailable) operation.outcome = 'failed';
  else operation.outcome = isProblem ? 'refused' : 'failed';
};

export const transit = async (db: Sessions, operation: Operation): Promise<void> => {
  const { kind, id, actor, messageId } = operation;
  const run = kind === 'start' ? startSession : completeSession;
  try {
    await run(db, { id, actor, messageId, ifMatch: () => true });
    operation.outcome = 'ok';
  } catch (error) {
    settle(operation, error);
  }
};

export const accept = async (db: Sessions, operation: Operation, event: Envelope<BookingAccepted>): Promise<void> => {
  try {
    await db.transaction((tx) => enqueue(tx, [event]));
    db.announce();
    operation.outcome = 'ok';
  } catch (error) {
    settle(operation, error);
  }
};
