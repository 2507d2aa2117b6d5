import pg from 'pg';
import { OutcomeUnknown, ProblemError, Unavailable } from '../errors.ts';

type WithFields = Error & Record<string, unknown>;

// An ORM wraps the driver's error or copies its fields: check each error of the chain.
function* chainOf(error: unknown): Generator<WithFields> {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) yield at as WithFields;
}

// `severity` distinguishes a SQLSTATE from Node's codes (EPIPE has five letters too).
const sqlStateOf = (error: WithFields): string | undefined =>
  'severity' in error && typeof error['code'] === 'string' ? error['code'] : undefined;

/** Whether an error is one of the server with such a SQLSTATE. */
export const isStateOf =
  (states: RegExp) =>
  (error: Error): boolean =>
    states.test(sqlStateOf(error as WithFields) ?? '');

/** A requirement of the server or the session is not met. The message tells operators what is wrong and what to change. */
export class RequirementNotMet extends Error {
  override readonly name = 'RequirementNotMet';
}

// 08 connection, 28 login refused, 53 resources, 57P0 shutdown, 58 system; 57014 statement timeout, 55P03 lock timeout,
// 25P03 and 25P04 idle or overlong transaction ended by the server, 3D000 no such database
const awayState = /^(08|28|53|57P0|58)|^(57014|55P03|25P03|25P04|3D000)$/;
// The session or the schema is not as the statement needs it, whatever its values are: 25006 read-only (a fence, a
// standby behind the old name), 26000 and 42P05 a prepared statement of another session (a pooler), 42501 no privilege,
// 3F000 42P01 42703 42704 42883 no such schema, relation, column, type, function
const unfitState = /^(25006|26000|42P05|42501|3F000|42P01|42703|42704|42883)$/;
const awayCode =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EMFILE|ENFILE)$/;
// The driver gives these no code.
const awayMessage =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client (has encountered a connection error|was closed)|Cannot use a pool after calling end)/;

const isAway = (error: WithFields): boolean => {
  if (error instanceof Unavailable || error instanceof OutcomeUnknown || error instanceof RequirementNotMet)
    return true;
  const state = sqlStateOf(error);
  if (state !== undefined) return awayState.test(state) || unfitState.test(state);
  return awayCode.test(String(error['code'])) || awayMessage.test(error.message);
};

/**
 * A failure of the database, not of the statement or its values: it cannot be reached, is shutting down, is full, took too
 * long, is read-only, or lacks a relation or a privilege.
 */
export const isUnavailable = (error: unknown): boolean => chainOf(error).some(isAway);

/** The server refused the statement for its values or for what others hold; it is up and did nothing. */
export const isRefused = (error: unknown): boolean =>
  chainOf(error).some((one) => {
    const state = sqlStateOf(one);
    if (state === undefined) return false;
    return ['57014', '55P03'].includes(state) || !(awayState.test(state) || unfitState.test(state));
  });

/** Deadlock or serialization failure: the transaction was rolled back and may be retried. */
export const isRetryable = (error: unknown): boolean =>
  !(error instanceof ProblemError) && chainOf(error).some((one) => ['40P01', '40001'].includes(sqlStateOf(one) ?? ''));

/** The name of the constraint that a statement violated. */
export const constraintOf = (error: unknown): string | undefined =>
  chainOf(error)
    .map((one) => one['constraint'])
    .find((name) => typeof name === 'string');

/** A migration changed what a prepared `select *` returns; the statement stays stale on that connection. */
export const isStalePlan = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery';

const fatalState = /^08|^57P0|^25P0[34]$/;

/** Whether the response was lost with the connection, so that the server may have done the work. */
export const losesAnswer = (error: unknown): boolean => {
  if (!(error instanceof pg.DatabaseError)) return true; // lost, or timed out here before the response
  return error.severity === 'FATAL' || fatalState.test(error.code ?? '');
};

// A new connection may get another server, role or state; this one does not change.
const badState = /^(25006|26000|42P05|42501)$/;

/** Whether every further statement would fail in this session, and in others that were opened before now. */
export const isBadSession = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (badState.test(error.code ?? '') || isStalePlan(error));

/** A prepared statement is missing or already exists: another client has used the session. */
export const isForeignStatement = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && ['26000', '42P05'].includes(error.code ?? '');

/** The error as callers see it: `Unavailable` for a failure of the database, otherwise the driver's, with its SQLSTATE. */
export const surfaced = (error: unknown): unknown =>
  isUnavailable(error) && !(error instanceof ProblemError) ? unavailable(error) : error;

export const unavailable = (cause: unknown): Unavailable =>
  new Unavailable(`The database cannot be ${isUnfit(cause) ? 'used' : 'reached'}; nothing was changed.`, { cause });

const isUnfit = (error: unknown): boolean =>
  chainOf(error).some((one) => one instanceof RequirementNotMet || unfitState.test(sqlStateOf(one) ?? ''));

/** Which requirement is not met, if that is the cause. */
export const requirementIn = (error: unknown): string | undefined =>
  chainOf(error).find((one) => one instanceof RequirementNotMet)?.message;

/** For queries of the ORM: rejects as `Database` does. */
export const rejectSurfaced = (error: unknown): never => {
  throw surfaced(error);
};
