import pg from 'pg';
import { OutcomeUnknown, ProblemError, Unavailable } from '../errors.ts';

type WithFields = Error & Record<string, unknown>;

// An ORM wraps the driver's error or copies its fields: look at each error of the chain.
function* chainOf(error: unknown): Generator<WithFields> {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) yield at as WithFields;
}

// `severity` tells a SQLSTATE from Node's codes (EPIPE has five letters too).
const sqlStateOf = (error: WithFields): string | undefined =>
  'severity' in error && typeof error['code'] === 'string' ? error['code'] : undefined;

// 08 connection, 28 login refused, 53 resources, 57P0 shutdown, 58 system; 57014 statement timeout, 55P03 lock timeout,
// 25006 read-only (a standby after failover), 25P03 and 25P04 idle or overlong transaction ended by the server
const awayState = /^(08|28|53|57P0|58)|^(57014|55P03|25006|25P03|25P04)$/;
const awayCode =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EMFILE|ENFILE)$/;
// The driver gives these no code.
const awayMessage =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client (has encountered a connection error|was closed)|Cannot use a pool after calling end)/;

const isAway = (error: WithFields): boolean => {
  if (error instanceof Unavailable || error instanceof OutcomeUnknown) return true;
  const state = sqlStateOf(error);
  if (state !== undefined) return awayState.test(state);
  return awayCode.test(String(error['code'])) || awayMessage.test(error.message);
};

/** The database's fault, not the statement's: it cannot be reached, is shutting down, is full, or took too long. */
export const isUnavailable = (error: unknown): boolean => chainOf(error).some(isAway);

/** Deadlock or serialization failure: the transaction was rolled back for another's sake and may be run again. */
export const isRetryable = (error: unknown): boolean =>
  !(error instanceof ProblemError) && chainOf(error).some((one) => ['40P01', '40001'].includes(sqlStateOf(one) ?? ''));

/** The name of the constraint that a statement violated. */
export const constraintOf = (error: unknown): string | undefined =>
  chainOf(error)
    .map((one) => one['constraint'])
    .find((name) => typeof name === 'string');

/** A migration changed what a prepared `select *` returns; that connection's statement is stale for ever. */
export const isStalePlan = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery';

const fatalState = /^08|^57P0|^25P0[34]$/;

/** Whether the connection is of no use after this error. An ordinary SQL error leaves it as good as new. */
export const breaksConnection = (error: unknown): boolean => {
  if (!(error instanceof pg.DatabaseError)) return true; // lost, or timed out here with the answer still to come
  return error.severity === 'FATAL' || fatalState.test(error.code ?? '') || isStalePlan(error);
};

/** The error as callers see it: `Unavailable` when the database is to blame, else the database's own with its SQLSTATE. */
export const surfaced = (error: unknown): unknown =>
  isUnavailable(error) && !(error instanceof ProblemError)
    ? new Unavailable('The database cannot be reached; nothing was changed.', { cause: error })
    : error;

/** For what the ORM asks by itself: rejects as `Database` does. */
export const rejectSurfaced = (error: unknown): never => {
  throw surfaced(error);
};
