import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { blame, checkOut } from './connection.ts';
import { refuseUnconfirmed } from './durability.ts';
import { openSession } from './session.ts';
import { getTypeParser } from './values.ts';

export type DatabaseOptions = {
  readonly url: string;
  readonly applicationName: string;
  readonly log: Logger;
  /** For durations and errors of statements, and for the pool. */
  readonly registry?: Registry;
  readonly poolMax?: number;
  /** For a free or a new connection (ms). */
  readonly connectTimeoutMs?: number;
  /** Enforced here, for a server that does not answer; longer than the statement's, so that the server times out first (ms). */
  readonly queryTimeoutMs?: number;
  /** 0 = none. */
  readonly statementTimeoutMs?: number;
  /** Whether a standby or a read-only database will do, for roles that only read. */
  readonly mayBeReadOnly?: boolean;
  /** Where the tables are; default: public. */
  readonly searchPath?: string | undefined;
};

export const createPool = (options: DatabaseOptions): pg.Pool => {
  const { connectTimeoutMs = 2_000, statementTimeoutMs, mayBeReadOnly, searchPath } = options;
  const session = { statementTimeoutMs, mayBeReadOnly, searchPath, openTimeoutMs: connectTimeoutMs };
  const assertConfirmed = refuseUnconfirmed(options.url, session);
  const open = async (client: pg.ClientBase): Promise<void> => assertConfirmed(await openSession(client, session));
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolMax ?? 10,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: options.queryTimeoutMs ?? 6_000,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 1_800, // connections find a new primary, and a rotated password is noticed before all are gone
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
    // called before the pool hands a new connection out; on an error the pool closes it
    verify: (client, done) => void open(client).then(() => done(), done),
  });
  // Without a listener a lost connection ends the process. The pool closes an idle one; in use, its query fails.
  pool.on('error', (err) => options.log.warn({ err }, 'idle database connection lost'));
  pool.on('connect', (client) => client.on('error', (err) => options.log.debug({ err }, 'database connection lost')));
  return pool;
};

const CLOSE_WITHIN_MS = 2_000;

/** Waits up to two seconds for connections in use. */
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

/**
 * The pool for an ORM, which checks connections out and in by itself: it neither gets a bad one nor returns one. Only the
 * part of a pool that the ORM uses.
 */
export const ormPool = (pool: pg.Pool): pg.Pool => {
  const connect = async () => {
    const connection = await checkOut(pool);
    const { client } = connection;
    const query = async (text: string, values: readonly unknown[]): Promise<pg.QueryResult> => {
      try {
        return await client.query(text, [...values]);
      } catch (error) {
        blame(connection, error);
        throw error;
      }
    };
    return { query, release: () => client.release(connection.broken) };
  };
  return { connect, end: () => pool.end(), options: pool.options } as unknown as pg.Pool;
};
