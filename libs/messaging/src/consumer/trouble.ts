import { isRetryable, isUnavailable } from '@mentor-sessions/service-kit/database';
import { OutcomeUnknown, Unavailable } from '@mentor-sessions/service-kit/errors';

/** The database's own trouble (away, timeouts, deadlocks, a lost answer to COMMIT), for which no message is to blame. */
export const isDatabaseTrouble = (error: unknown): boolean =>
  error instanceof Unavailable || error instanceof OutcomeUnknown || isUnavailable(error) || isRetryable(error);
