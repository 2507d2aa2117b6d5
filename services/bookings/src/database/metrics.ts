import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '@mentor-sessions/service-kit/database';
import { sampledGauges } from '@mentor-sessions/service-kit/metrics';

const AGES = [0, 60, 300, 3_600];
/** A gauge that counted a million rows would take a core of the database in the very outage that it reports. */
const COUNTED = 10_000;

// in the order of an index each: without it the planner may read the whole table for a few rows
const awaitedWhere = (where: string, index: string): string =>
  `(select count(*)::float8 from (select from awaited_sessions where ${where} order by ${index} limit ${COUNTED}) counted)`;

const awaited = `
  select ${awaitedWhere('given_up_at is not null', 'given_up_at')} as bookings_accepted_without_session_given_up,
    coalesce(extract(epoch from clock_timestamp() - (select min(accepted_at) from awaited_sessions)), 0)::float8
      as bookings_accepted_without_session_oldest_age_seconds,
    ${AGES.map((age) => `${awaitedWhere(`accepted_at <= now() - interval '${age} s'`, 'accepted_at')} as "${age}"`).join(', ')}`;

/** Of an hour, but for its last minute: what was accepted just now has no session yet. The latest of them, if they are many. */
const converted = `
  with accepted as (
    select count(*)::float8 as count, min(decided_at) as since, now() - interval '1 minute' as until from (
      select decided_at from bookings
      where status = 'accepted' and decided_at between now() - interval '61 minutes' and now() - interval '1 minute'
      order by decided_at desc limit ${COUNTED}) latest)
  select 1 - (
      select count(*) from (
        select from awaited_sessions where accepted_at between since and until order by accepted_at desc limit ${COUNTED}) missing
    ) / nullif(count, 0) as bookings_session_conversion_ratio
  from accepted`;

const ofAwaited = {
  bookings_accepted_without_session_oldest_age_seconds:
    'time since the oldest accepted booking without a known session was accepted',
  bookings_accepted_without_session_given_up:
    'accepted bookings without a known session of which no reminder is sent any more; counted up to 10,000',
};
const ofConverted = {
  bookings_session_conversion_ratio:
    'share of the bookings accepted within an hour, but for the last minute, that have a known session; of the latest 10,000; NaN if there are none',
};

const expired =
  'select count as bookings_expired, oldest_age_seconds as bookings_expired_oldest_age_seconds from overdue()';

const ofExpired = {
  bookings_expired: 'drafts that expired within the last 24 hours, counted up to 500',
  bookings_expired_oldest_age_seconds: 'how long ago the oldest of them expired',
};

/** Whether accepted bookings become sessions, asked of the database; and how often their events were sent again. */
export const createLoopMetrics = (registry: Registry, database: Database) => {
  const of = { registry, database };
  const sample = sampledGauges({ ...of, everySeconds: 1, statement: awaited, gauges: ofAwaited });
  sampledGauges({ ...of, everySeconds: 5, statement: converted, gauges: ofConverted });
  sampledGauges({ ...of, everySeconds: 5, statement: expired, gauges: ofExpired });
  new Gauge({
    name: 'bookings_accepted_without_session',
    help: 'accepted bookings without a known session, by how long ago they were accepted at least; counted up to 10,000',
    labelNames: ['older_than_seconds'],
    registers: [registry],
    async collect() {
      const now = await sample();
      for (const seconds of AGES) this.set({ older_than_seconds: String(seconds) }, now?.[seconds] ?? NaN);
    },
  });
  return {
    sentAgain: new Counter({
      name: 'bookings_accepted_sent_again_total',
      help: 'booking.accepted sent again because no session was known for too long',
      registers: [registry],
    }),
  };
};
