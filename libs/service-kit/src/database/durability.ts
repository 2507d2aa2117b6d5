import type pg from 'pg';
import { OutcomeUnknown } from '../errors.ts';
import { run, withConnection, type Statement } from './connection.ts';

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
    await withConnection(pool, (connection) => run(connection, replicationBarrier));
  } catch (cause) {
    throw new OutcomeUnknown('The synchronous standby has not confirmed it.', { cause });
  }
};
