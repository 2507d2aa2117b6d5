import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { OutcomeUnknown, Unavailable } from '../errors.ts';
import { confirmDurable, refuseWithoutStandby } from './durability.ts';
import { run, withConnection, type Statement } from './connection.ts';
import { isRetryable, isUnavailable } from './errors.ts';
import { sessionOf, type Session } from './session.ts';
import type { Values } from './sql.ts';

/** Whether the statement took effect: its rows if it did, none if it did not, null if that is unknown. */
type ReadBack<Row> = () => Promise<Row[] | null>;

type Write<Row> = { readonly statement: Statement; readonly values: Values; readonly readBack: ReadBack<Row> };

/** The rows that were answered, or why no answer came, and from which session. */
type Sent<Row> = { readonly rows: Row[] } | { readonly cause: unknown; readonly session: Session };

/** One statement that commits by itself. If its response is lost, `readBack` finds out whether it took effect. */
export const writeOnce = async <Row extends object>(pool: pg.Pool, write: Write<Row>): Promise<Row[]> => {
  await refuseWithoutStandby(pool);
  // fault point: api.deciding
  const sent = await withConnection(pool, async (connection): Promise<Sent<Row>> => {
    try {
      return { rows: (await run(connection, write.statement, write.values)).rows as Row[] };
    } catch (cause) {
      if (!connection.lost || !isUnavailable(cause)) throw cause;
      return { cause, session: sessionOf(connection.client) };
    }
  });
  if ('rows' in sent) {
    // fault point: api.committed
    return sent.rows;
  }
  const { cause, session } = sent;
  const rows = await lookUp(pool, session, write.readBack);
  if (rows === null) throw new OutcomeUnknown('The response of the database was lost.', { cause });
  if (rows.length === 0)
    throw new Unavailable('The connection to the database was lost; nothing was changed.', { cause });
  return rows;
};

// As long as a restart of PostgreSQL takes, and longer than a statement waits for a lock: better than an unknown outcome.
const WITHIN_MS = 4_000;
const PAUSE_MS = 100;

/** Rows: it took effect, and a failover cannot undo it. None: it did not and never will. Null: unknown. */
const lookUp = async <Row>(pool: pg.Pool, session: Session, readBack: ReadBack<Row>) => {
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
      // a deadlock is one of the look-up, not of the write: retrying the write for it would meet its own change
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

const hasEnded = async (pool: pg.Pool, session: Session): Promise<boolean> => {
  const values = [session.pid, session.backendStart, session.postmasterStart];
  const { rows } = await withConnection(pool, (connection) => run(connection, backendHasEnded, values));
  return rows[0]?.['ended'] === true;
};
