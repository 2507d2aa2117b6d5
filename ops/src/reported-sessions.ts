import type { Databases } from './connections.ts';
import { PAGE, readSessions, type Period, type SessionDifference } from './session-comparison.ts';

// By key: there is no index on the time. One row without a session if none of the page was reported in the period.
const reportedSessions = `
  with page as materialized (
    select booking_id, session_id, status, sequence, at from booking_sessions
    where booking_id > $3 order by booking_id limit ${PAGE})
  select session_id as "sessionId", booking_id as "bookingId", status as "knownStatus", sequence, at as "changedAt",
    (select booking_id from page order by booking_id desc limit 1) as last, (select count(*)::integer from page) as size
  from (values (1)) as always left join page on at < $1 and at >= $2`;

type Reported = Pick<SessionDifference, 'sessionId' | 'bookingId' | 'knownStatus' | 'changedAt'> & {
  readonly sequence: number;
};
/** Below the key of every booking. */
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

type ReportedPage = { readonly last: string; readonly size: number };

/**
 * Reads all that bookings has received of sessions, and yields those reported in this period that the sessions database
 * does not have, or has in an earlier state.
 */
export const compareReported = async function* (
  { bookings, sessions }: Databases,
  { from, to }: Period,
): AsyncGenerator<SessionDifference[]> {
  for (let after = BEFORE_ALL; ;) {
    const page: (Reported & ReportedPage)[] = await bookings.query(reportedSessions, [to, from, after]);
    const reported = page.filter(({ sessionId }) => (sessionId as string | null) !== null);
    const existing = new Map((await readSessions(sessions, reported)).map((row) => [row.sessionId, row]));
    yield reported.flatMap(({ sessionId, bookingId, knownStatus, changedAt, sequence }): SessionDifference[] => {
      const { version, status } = existing.get(sessionId) ?? { version: 0, status: 'gone' };
      if (version >= sequence) return [];
      const state = version === 0 ? 'gone' : 'ahead';
      return [{ sessionId, bookingId, status, version, changedAt, knownStatus, state }];
    });
    const [first] = page;
    if (!first || first.size < PAGE) return;
    after = first.last;
  }
};
