import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { withConnection, run } from './connection.ts';
import { isRetryable, isUnavailable } from './errors.ts';

// As long as a restart of PostgreSQL takes: worth waiting for rather than to leave the caller in doubt.
const WITHIN_MS = 3_000;
const PAUSE_MS = 100;

/** Rows: it took effect. None: it did not and never will. Null: nobody knows. */
export const lookUp = async <Row>(
  pool: pg.Pool,
  processId: number | null,
  readBack: () => Promise<Row[] | null>,
): Promise<Row[] | null> => {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    try {
      const ended = await endBackend(pool, processId);
      const rows = await readBack();
      return rows?.length === 0 && !ended ? null : rows;
    } catch (error) {
      // a deadlock is of the looking, not of the write: whoever runs the write again for it would meet his own change
      if (!isUnavailable(error) && !isRetryable(error)) throw error;
      if (performance.now() > deadline) return null;
      await pause(PAUSE_MS);
    }
  }
};

// A backend whose client is gone may still be at work and commit after we have looked: end it first. A role may end its own.
const endBackendText = `
  select pg_terminate_backend(pid, 1000) as ended
  from pg_stat_activity where pid = $1 and usename = current_user and pid <> pg_backend_pid()`;

const endBackend = async (pool: pg.Pool, processId: number | null): Promise<boolean> => {
  if (processId === null) return false;
  const { rows } = await withConnection(pool, (connection) => run(connection, endBackendText, [processId]));
  return rows.every((row) => row['ended'] === true);
};
