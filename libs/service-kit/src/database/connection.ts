import type pg from 'pg';
import { OutcomeUnknown } from '../errors.ts';
import { isBadSession, isForeignStatement, losesAnswer, requirementIn, surfaced, unavailable } from './errors.ts';
import { doubtPooler } from './pooler.ts';
import { sessionOf, waitWasCancelled, type Session } from './session.ts';
import { numberedValues, type Statement, type Values } from './sql.ts';

export type { Statement } from './sql.ts';

export type Queryable = {
  query<Row extends object = Record<string, unknown>>(statement: Statement | string, values?: Values): Promise<Row[]>;
};

/** One connection in use. `sessionOf(client)` identifies its backend. */
export type Connection = {
  readonly pool: pg.Pool;
  readonly client: pg.PoolClient;
  /** To be closed instead of returned to the pool. */
  broken: boolean;
  /** The response to the last statement was lost with the connection: it may have taken effect. */
  lost: boolean;
};

/** Called for each statement that goes through a pool. */
export type StatementWatch = {
  /** `name`: of the statement; begin, commit, rollback, or unnamed. */
  readonly answered: (name: string, ms: number) => void;
  readonly failed: (error: unknown) => void;
};

/** What is known of the server behind a pool. */
type PoolState = {
  watch?: StatementWatch;
  /** Connections opened before then are closed instead of reused: what made one session bad has made the others bad too. */
  distrustedAt: number;
  /** Why new connections are refused: a requirement that the next one would not meet either. */
  refusal?: { readonly cause: unknown; tryAgainAt: number } | undefined;
  /** Backends whose response was lost. One may wait for a synchronous standby for as long as that is away. */
  readonly leftBehind: Set<Session>;
};

const states = new WeakMap<pg.Pool, PoolState>();

const stateOf = (pool: pg.Pool): PoolState => {
  const state = states.get(pool) ?? { distrustedAt: -Infinity, leftBehind: new Set() };
  states.set(pool, state);
  return state;
};

export const watchStatements = (pool: pg.Pool, watch: StatementWatch): void => void (stateOf(pool).watch = watch);

export const distrust = (pool: pg.Pool): void => void (stateOf(pool).distrustedAt = performance.now());

export const leftBehind = (pool: pg.Pool): Set<Session> => stateOf(pool).leftBehind;

export const withConnection = async <T>(pool: pg.Pool, use: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await checkOut(pool);
  try {
    return await use(connection);
  } finally {
    connection.client.release(connection.broken);
  }
};

/** If no connection can be had (refused, login rejected, unfit, all in use for too long), nothing has been sent yet. */
export const checkOut = async (pool: pg.Pool): Promise<Connection> => {
  const state = stateOf(pool);
  const failed = (cause: unknown): Error => {
    const error = unavailable(cause);
    state.watch?.failed(error);
    return error;
  };
  const refusal = standingRefusal(state);
  if (refusal) throw failed(refusal);
  try {
    for (;;) {
      const client = await pool.connect();
      if (sessionOf(client).openedAt >= state.distrustedAt) {
        state.refusal = undefined;
        await replanIfDue(client);
        return { pool, client, broken: false, lost: false };
      }
      client.release(true);
    }
  } catch (cause) {
    if (requirementIn(cause) !== undefined) {
      state.refusal = { cause, tryAgainAt: performance.now() + PAUSE_MS };
      distrust(pool); // those that are open have the same server or pooler
    }
    throw failed(cause);
  }
};

/** Ages of a connection at which it forgets its plans; after the last, again and again in as many milliseconds. */
const REPLAN_AT_MS = [1_000, 10_000, 60_000] as const;
const replans = new WeakMap<object, { count: number; nextAt: number }>();

/**
 * Prepared statements keep their plans until an ANALYZE, even plans made while a table was empty: then every index looks as
 * good as another, even one that must be read from end to end. A new plan sees how large the tables are now.
 */
const replanIfDue = async (client: pg.PoolClient): Promise<void> => {
  const now = performance.now();
  const replan = replans.get(client) ?? { count: 0, nextAt: sessionOf(client).openedAt + REPLAN_AT_MS[0] };
  replans.set(client, replan);
  if (now < replan.nextAt) return;
  replan.count += 1;
  replan.nextAt = now + (REPLAN_AT_MS[replan.count] ?? 60_000);
  await client.query({ text: 'discard plans' }).catch(() => undefined); // the statement that follows meets what is wrong
};

/** Records what the error of a statement says about its connection and the others. An ordinary SQL error says nothing. */
export const blame = (connection: Connection, error: unknown): void => {
  connection.lost ||= losesAnswer(error);
  connection.broken ||= connection.lost || isBadSession(error);
  if (connection.lost) leftBehind(connection.pool).add(sessionOf(connection.client));
  if (isBadSession(error)) distrust(connection.pool);
  if (isForeignStatement(error)) doubtPooler(connection.client);
};

type Result = pg.QueryResult<Record<string, unknown>>;

export const run = async (
  connection: Connection,
  statement: Statement | string,
  values: Values = [],
): Promise<Result> => {
  const { client, pool } = connection;
  const { watch } = stateOf(pool);
  const config = toConfig(statement, values);
  const sentAt = performance.now();
  try {
    const result = await client.query<Record<string, unknown>, unknown[]>(config);
    if (waitWasCancelled(client)) throw new OutcomeUnknown('The wait for the synchronous standby was cancelled.');
    watch?.answered(nameOf(statement), performance.now() - sentAt);
    return result;
  } catch (error) {
    blame(connection, error);
    const seen = surfaced(error);
    watch?.failed(seen);
    throw seen;
  }
};

const nameOf = (statement: Statement | string): string => {
  if (typeof statement !== 'string') return statement.name;
  return /^(begin|commit|rollback|notify)/.exec(statement)?.[0] ?? 'unnamed';
};

const toConfig = (statement: Statement | string, values: Values): pg.QueryConfig<unknown[]> => {
  const numbered = numberedValues(statement, values);
  if (typeof statement === 'string') return { text: statement, values: numbered };
  return { name: statement.name, text: statement.text, values: numbered };
};

const PAUSE_MS = 500;
/** An attempt may take so long. */
const ATTEMPT_MS = 2_000;

/**
 * Why new connections are refused. Callers get it at once instead of each trying in vain; twice a second one of them gets
 * undefined and tries.
 */
const standingRefusal = ({ refusal }: PoolState): unknown => {
  const now = performance.now();
  if (!refusal || now < refusal.tryAgainAt) return refusal?.cause;
  refusal.tryAgainAt = now + ATTEMPT_MS;
  return undefined;
};
