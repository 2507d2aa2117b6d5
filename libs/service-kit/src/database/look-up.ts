import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { withConnection, run, type Statement } from './connection.ts';
import { confirmDurable } from './durability.ts';
import { isRetryable, isUnavailable } from './errors.ts';
import type { Session } from './session.ts';

// As long as a restart of PostgreSQL takes, and longer than a statement waits for a lock: worth waiting for rather than to
// leave the caller in doubt.
const WITHIN_MS = 4_000;
const PAUSE_MS = 100;

/** Rows: it took effect, and a failover cannot undo it. None: it did not and never will. Null: that cannot be told. */
export const lookUp = async <Row>(
  pool: pg.Pool,
  session: Session | undefined,
  readBack: () => Promise<Row[] | null>,
): Promise<Row[] | null> => {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    try {
      const ended = await hasEnded(pool, session);
      const rows = await readBack();
      if (rows === null || (ended && rows.length === 0)) return rows;
      if (rows.length > 0) {
        await confirmDurable(pool);
        return rows;
      }
    } catch (error) {
      // a deadlock is of the looking, not of the write: whoever runs the write again for it would meet his own change
      if (!isUnavailable(error) && !isRetryable(error)) throw error;
    }
    if (performance.now() > deadline) return null;
    await pause(PAUSE_MS);
  }
};

/**
 * A backend has ended if the same server no longer has it; that another server has none proves nothing. One that waits for
 * its client, which is gone, is terminated: the statement may still be on its way there. One at work is not: terminated
 * while it waits for a standby, it would show a commit that no standby has.
 */
const backendHasEnded: Statement = {
  name: 'backend-has-ended',
  text: `
  with it as materialized ( -- or the planner may ask for the end of others first
    select pid, state, wait_event from pg_stat_activity where pid = $1 and backend_start = $2::timestamptz)
  select pg_postmaster_start_time() = $3::timestamptz and not exists (
    select from it where not case
      when wait_event = 'ClientRead' and state in ('idle', 'active') then pg_terminate_backend(pid, 1000)
      else false end) as ended`,
};

const hasEnded = async (pool: pg.Pool, session: Session | undefined): Promise<boolean> => {
  if (!session) return false;
  const values = [session.pid, session.backendStart, session.postmasterStart];
  const { rows } = await withConnection(pool, (connection) => run(connection, backendHasEnded, values));
  return rows[0]?.['ended'] === true;
};
