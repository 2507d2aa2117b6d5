import { isUnavailable } from '@mentor-sessions/service-kit/database';
import { OutcomeUnknown, Unavailable } from '@mentor-sessions/service-kit/errors';

/** Where an error comes from, as far as the error alone shows. */
export type Fault = 'handler' | 'database' | 'unclear';

/**
 * Never caused by a message: 08 connection, 28 login refused, 40 transaction rolled back (deadlock, serialization), 53
 * resources, 57 shutdown and timeouts, 58 system, 55P03 lock timeout, 25006 read-only, 25P03 and 25P04 transaction ended
 * by the server.
 */
const databaseStates = /^(08|28|40|53|57|58)|^(55P03|25006|25P03|25P04)$/;

/** Raised while rows are read or written; all others (privileges, missing relations, syntax) before the content of a message is read. */
const rowStates = /^(21|22|23|27|38|39|44|54|P0|XX)/;

export const faultOf = (error: unknown): Fault => {
  const state = sqlStateOf(error);
  if (state !== undefined) return databaseStates.test(state) ? 'database' : 'unclear';
  const isAway = error instanceof Unavailable || error instanceof OutcomeUnknown || isUnavailable(error);
  return isAway ? 'database' : 'handler';
};

/** Whether the content of a row can have raised it. */
export const isCausedByRow = (error: unknown): boolean => rowStates.test(sqlStateOf(error) ?? '');

/** The server's SQLSTATE, anywhere in the chain of causes; only server errors have a `severity` beside their code. */
const sqlStateOf = (error: unknown): string | undefined => {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    const { code, severity } = at as { code?: unknown; severity?: unknown };
    if (severity !== undefined && typeof code === 'string') return code;
  }
  return undefined;
};

/** The database cannot serve the queue: messages wait, and it counts against none. */
export class DatabaseUnavailable extends Error {
  readonly type: string;

  constructor(cause: unknown, type: string) {
    super('the database cannot serve messages', { cause });
    this.name = 'DatabaseUnavailable';
    this.type = type;
  }

  /** Missing privileges, relations and the like do not resolve themselves: an operator must act. */
  get needsAnOperator(): boolean {
    return faultOf(this.cause) === 'unclear';
  }
}

/** A dead letter could not be stored. That is never caused by the message: its reason is already known. */
export class DeadLetterNotStored extends Error {
  constructor(cause: unknown) {
    super('dead letter not stored', { cause });
    this.name = 'DeadLetterNotStored';
  }
}
