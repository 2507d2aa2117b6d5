import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { OutcomeUnknown, Unavailable } from '../errors.ts';
import { leftBehind, run, withConnection, type Statement } from './connection.ts';
import { RequirementNotMet } from './errors.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';

/**
 * Makes the commit of its transaction wait for the synchronous standby, if one is configured, even where nothing else was
 * written. A standby that confirms a commit has everything before it too. `pg_current_xact_id()` would not do: a commit
 * without a record in the write-ahead log waits for no standby.
 */
export const replicationBarrier: Statement = {
  name: 'replication-barrier',
  text: `select pg_logical_emit_message(true, 'mentor-sessions', 'barrier'::text)
    where current_setting('synchronous_standby_names') <> ''`,
};

/**
 * What can be read may still be lost at a failover: crash recovery, and a wait for the standby that was cancelled, show
 * commits that no standby has. Resolves when everything that could be read before the call is as durable as a commit of ours.
 */
export const confirmDurable = async (pool: pg.Pool): Promise<void> => {
  try {
    await refuseWithoutStandby(pool);
    await withConnection(pool, (connection) => run(connection, replicationBarrier));
  } catch (cause) {
    throw new OutcomeUnknown('The synchronous standby has not confirmed it.', { cause });
  }
};

const waiting: Statement = {
  name: 'backends-that-wait-for-standby',
  text: `select pid from pg_stat_activity join unnest($1::int[], $2::timestamptz[]) as left_behind (pid, backend_start)
      using (pid, backend_start)
    where wait_event = 'SyncRep' limit 1`,
};

/** Whether a backend whose response was lost still waits for the synchronous standby. */
export const waitsForStandby = async (pool: pg.Pool): Promise<boolean> => {
  const left = [...leftBehind(pool)];
  if (left.length === 0) return false;
  const values = [left.map(({ pid }) => pid), left.map(({ backendStart }) => backendStart)];
  const { rows } = await withConnection(pool, (connection) => run(connection, waiting, values));
  if (rows.length === 0) for (const session of left) leftBehind(pool).delete(session);
  return rows.length > 0;
};

/**
 * Before a write: throws while an earlier one still waits for the standby. Each more would leave a backend behind that
 * waits as well, until PostgreSQL has no connections left.
 */
export const refuseWithoutStandby = async (pool: pg.Pool): Promise<void> => {
  if (await waitsForStandby(pool))
    throw new Unavailable('The database waits for its synchronous standby; nothing was changed.');
};

const UNCONFIRMED =
  'PostgreSQL was restarted or replaced, and its synchronous standby has not confirmed what it shows: bring the standby back, promote it, or take it out of synchronous_standby_names';
/** While the standby is away one backend waits for it, and another one a minute later. */
const PATIENCE_MS = 60_000;

/**
 * Crash recovery shows commits that no standby has. After a restart or a failover no connection is used, not even to read,
 * until a commit of ours has been confirmed there. Without a synchronous standby nothing waits. The first server that a
 * process meets is trusted.
 */
export const refuseUnconfirmed = (url: string, options: SessionOptions) => {
  let trusted: string | undefined;
  const confirming = new Map<string, Promise<void>>();

  // on a connection of its own, which outlives the timeouts of callers
  const confirm = async (): Promise<void> => {
    const timing = { query_timeout: PATIENCE_MS, connectionTimeoutMillis: options.openTimeoutMs };
    const client = new pg.Client({ connectionString: url, application_name: 'durability', ...timing });
    client.on('error', () => undefined); // the query fails
    try {
      await client.connect();
      const { serverLife } = await openSession(client, options);
      await client.query(replicationBarrier.text);
      trusted = serverLife;
    } finally {
      void client.end().catch(() => undefined);
    }
  };

  return async ({ serverLife }: Session): Promise<void> => {
    trusted ??= serverLife;
    if (serverLife === trusted) return;
    const settled = confirming.get(serverLife) ?? confirm().finally(() => confirming.delete(serverLife));
    confirming.set(serverLife, settled);
    const tired = pause(options.openTimeoutMs / 2, undefined, { ref: false });
    await Promise.race([settled.catch(() => undefined), tired]);
    if (serverLife !== trusted) throw new RequirementNotMet(UNCONFIRMED);
  };
};
