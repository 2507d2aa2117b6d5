import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { refuseUnconfirmed } from './recovered.ts';
import { openSession } from './session.ts';
import { getTypeParser } from './values.ts';

export type DatabaseOptions = {
  readonly url: string;
  readonly applicationName: string;
  readonly log: Logger;
  /** For durations and errors of statements, and for the pool. */
  readonly registry?: Registry;
  readonly poolMax?: number;
  /** For a free connection of the pool or a new one (ms). */
  readonly connectTimeoutMs?: number;
  /** Enforced here, for a black hole; longer than the statement's, so that the server is first to give up (ms). */
  readonly queryTimeoutMs?: number;
  /** 0 = none. */
  readonly statementTimeoutMs?: number;
  readonly lockTimeoutMs?: number;
  readonly idleInTransactionTimeoutMs?: number;
  /** Whether a standby or a fenced database will do: for what only reads. */
  readonly mayBeReadOnly?: boolean;
  /** Where the tables are; default: public. */
  readonly searchPath?: string | undefined;
};

export const createPool = (options: DatabaseOptions): pg.Pool => {
  const connectTimeoutMs = options.connectTimeoutMs ?? 2_000;
  const session = {
    statementTimeoutMs: options.statementTimeoutMs ?? 5_000,
    lockTimeoutMs: options.lockTimeoutMs ?? 3_000,
    idleInTransactionTimeoutMs: options.idleInTransactionTimeoutMs ?? 10_000,
    mayBeReadOnly: options.mayBeReadOnly,
    searchPath: options.searchPath,
    openTimeoutMs: connectTimeoutMs,
  };
  const assertConfirmed = refuseUnconfirmed(options.url, session);
  const open = async (client: pg.ClientBase): Promise<void> => assertConfirmed(await openSession(client, session));
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolMax ?? 10,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: options.queryTimeoutMs ?? 6_000,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 1_800, // so that connections find a new primary, and a rotated password is tried before all are gone
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
    // before the pool gives a new connection to anyone; it throws away one that this refuses
    verify: (client, done) => void open(client).then(() => done(), done),
  });
  // Without a listener a lost connection ends the process. The pool throws the idle one away; in use, its query fails.
  pool.on('error', (err) => options.log.warn({ err }, 'idle database connection lost'));
  pool.on('connect', (client) => client.on('error', (err) => options.log.debug({ err }, 'database connection lost')));
  return pool;
};

const CLOSE_WITHIN_MS = 2_000;

/** Waits for connections in use; one that does not come back (a black hole) is not waited for beyond two seconds. */
export const poolCloser = (pool: pg.Pool): (() => Promise<void>) => {
  const clients = new Set<pg.PoolClient>();
  pool.on('connect', (client) => clients.add(client));
  pool.on('remove', (client) => clients.delete(client));
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.race([pool.end(), pause(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    for (const client of clients) streamOf(client)?.destroy();
  };
  return () => (closed ??= close());
};

const streamOf = (client: pg.PoolClient): { destroy(): void } | undefined =>
  (client as { connection?: { stream?: { destroy(): void } } }).connection?.stream;
