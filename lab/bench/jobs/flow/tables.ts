import type pg from 'pg';
import type { Stage } from '../../harness/stage.ts';
import { emptyOutbox } from '../../harness/waiting-rows.ts';

/** The sessions database and the queue as on the first day. */
export const emptySessions = async ({ sessions, purge }: Stage): Promise<void> => {
  await sessions.query('truncate sessions, session_transitions, accepted_bookings, inbox cascade');
  await emptyOutbox(sessions);
  await purge();
};

export const countSessions = async (sessions: pg.Pool): Promise<number> =>
  (await sessions.query<{ count: number }>('select count(*)::integer as count from sessions')).rows[0]?.count ?? 0;
