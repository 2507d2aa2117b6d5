import type { Databases } from './databases.ts';

export type Drift = {
  /** Accepted bookings of which no session is known, however young. */
  readonly awaited: number;
  /** Of them, those accepted longer ago than the limit. */
  readonly overdue: number;
  /** Of them, those of which no reminder is sent any more: somebody must look. */
  readonly givenUp: number;
  /** Since the oldest was accepted; 0 if there is none. */
  readonly oldestAgeSeconds: number;
};

export const DRIFT_LIMIT_SECONDS = 60;

const read = `select count(*)::integer as awaited, count(given_up_at)::integer as "givenUp",
    count(*) filter (where accepted_at < clock_timestamp() - make_interval(secs => $1))::integer as overdue,
    coalesce(extract(epoch from clock_timestamp() - min(accepted_at)), 0)::float8 as "oldestAgeSeconds"
  from awaited_sessions`;

/** Whether accepted bookings become sessions, as the bookings service knows it. */
export const readDrift = async (
  { bookings }: Pick<Databases, 'bookings'>,
  limitSeconds: number = DRIFT_LIMIT_SECONDS,
): Promise<Drift> => {
  const [drift] = await bookings.query<Drift>(read, [limitSeconds]);
  if (!drift) throw new Error('the database has counted nothing');
  return drift;
};
