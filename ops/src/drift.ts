import { onlyRow } from '@mentor-sessions/service-kit/database';
import { COUNTED } from './counted.ts';
import type { Databases } from './databases.ts';

/** Counts stop at 10,000. */
export type Drift = {
  /** Accepted bookings of which no session is known, however young. */
  readonly awaited: number;
  /** Of them, those accepted longer ago than the limit. */
  readonly overdue: number;
  /** Of them, those of which no reminder is sent any more: an operator must act. */
  readonly givenUp: number;
  /** Since the oldest was accepted; 0 if there is none. */
  readonly oldestAgeSeconds: number;
};

export const DRIFT_LIMIT_SECONDS = 60;

// in the order of an index each: without it the planner may read the whole table for a few rows
const count = (where: string, index: string): string =>
  `(select count(*)::integer from (select from awaited_sessions where ${where} order by ${index} limit ${COUNTED}) counted)`;

const read = `select ${count('accepted_at is not null', 'accepted_at')} as awaited,
  ${count('accepted_at < now() - make_interval(secs => $1)', 'accepted_at')} as overdue,
  ${count('given_up_at is not null', 'given_up_at')} as "givenUp",
  coalesce(extract(epoch from clock_timestamp() - (select min(accepted_at) from awaited_sessions)), 0)::float8
    as "oldestAgeSeconds"`;

/** Whether accepted bookings become sessions, as the bookings service knows it. */
export const readDrift = async (
  { bookings }: Pick<Databases, 'bookings'>,
  limitSeconds: number = DRIFT_LIMIT_SECONDS,
): Promise<Drift> => onlyRow(await bookings.query<Drift>(read, [limitSeconds]), 'drift');
