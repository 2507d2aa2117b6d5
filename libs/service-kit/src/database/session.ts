import type pg from 'pg';
import { RequirementNotMet } from './errors.ts';
import { refuseSharedSession } from './pooler.ts';
import { sessionText, type SessionFacts, type SessionLimits } from './session-settings.ts';

export type SessionOptions = SessionLimits & {
  /** Whether a standby or a database with `default_transaction_read_only` is accepted. */
  readonly mayBeReadOnly?: boolean | undefined;
  /** For the one round trip (ms). */
  readonly openTimeoutMs: number;
};

/** The server's side of one connection. Behind a pooler the protocol's key data does not identify it; this does. */
export type Session = {
  /** As `pg_stat_activity.pid`. */
  readonly pid: number;
  /** As `pg_stat_activity.backend_start`, in UTC with microseconds: process ids are reused. */
  readonly backendStart: string;
  /** Of the server, likewise: it differs on another server and after a restart. */
  readonly postmasterStart: string;
  /** Differs on another server, after a restart, and after crash recovery, which resets the statistics. */
  readonly serverLife: string;
  /** As `performance.now()`. */
  readonly openedAt: number;
};

const sessions = new WeakMap<object, Session>();

export const rememberSession = (client: object, session: Session): Session => {
  sessions.set(client, session);
  return session;
};

/** Of a client that `openSession` has opened, as pools do before they hand one out. */
export const sessionOf = (client: object): Session => {
  const session = sessions.get(client);
  if (!session) throw new TypeError('this client was not opened by openSession');
  return session;
};

/**
 * Run right after connecting: sets every session parameter that the code relies on, reads back what is in force, and rejects
 * a server or pooler on which it would not work. One round trip, and a few more on the first connection through a pooler.
 */
export const openSession = async (client: pg.ClientBase, options: SessionOptions): Promise<Session> => {
  const facts = await ask(client, options);
  const problem = problemOf(facts, options);
  if (problem) throw new RequirementNotMet(problem);
  const { pid, backendStart, postmasterStart } = facts;
  const serverLife = `${postmasterStart} ${facts.statisticsReset}`;
  const session = { pid, backendStart, postmasterStart, serverLife, openedAt: performance.now() };
  await refuseSharedSession(client, session, options.openTimeoutMs);
  watchCancelledWaits(client);
  return rememberSession(client, session);
};

const ask = async (client: pg.ClientBase, options: SessionOptions): Promise<SessionFacts> => {
  const question = { text: sessionText(options), query_timeout: options.openTimeoutMs };
  // several statements: one result for each
  const results = (await client.query(question)) as unknown as pg.QueryResult<SessionFacts>[];
  const facts = results.at(-1)?.rows[0];
  if (!facts) throw new Error('PostgreSQL returned no row for the session');
  return facts;
};

const OLDEST = 150_000;

/** One sentence: what is wrong with this session and what to change. */
const problemOf = (facts: SessionFacts, { mayBeReadOnly }: SessionOptions): string | undefined => {
  const [wrong] = facts.wrong;
  if (facts.serverVersionNumber < OLDEST)
    return `PostgreSQL ${facts.serverVersion} is too old: upgrade the server to 15 or later`;
  if (facts.serverEncoding !== 'UTF8')
    return `the database's encoding is ${facts.serverEncoding}: create it again with ENCODING 'UTF8' and copy the data`;
  if (facts.replicationRole !== 'origin')
    return `session_replication_role is ${facts.replicationRole}, which switches triggers off: reset it for this role and database`;
  if (!['on', 'remote_apply'].includes(facts.synchronousCommit))
    return `synchronous_commit stays ${facts.synchronousCommit}, although it was set to on: a pooler must let SET through`;
  if (wrong)
    return `${wrong.name} stays ${wrong.setting}, although it was set to ${wrong.wanted}: a pooler must let SET through`;
  return mayBeReadOnly ? undefined : whyReadOnly(facts);
};

/** Undefined for a server and a session that can write. */
export const whyReadOnly = (facts: Pick<SessionFacts, 'isStandby' | 'isReadOnly'>): string | undefined => {
  if (facts.isStandby)
    return 'this PostgreSQL server is a standby: point the database URL at the primary, or promote this server';
  if (facts.isReadOnly)
    return 'default_transaction_read_only is on: the database is fenced; reset it when writing is allowed again';
  return undefined;
};

const cancelled = new WeakSet<object>();

/**
 * A commit whose wait for the standby was cancelled (`pg_cancel_backend`) succeeds with a warning. The text depends on
 * `lc_messages`; the routine in the server's source does not.
 */
const watchCancelledWaits = (client: pg.ClientBase): void => {
  client.on('notice', ({ routine }) => {
    if (routine === 'SyncRepWaitForLSN') cancelled.add(client);
  });
};

export const waitWasCancelled = (client: object): boolean => cancelled.has(client);
