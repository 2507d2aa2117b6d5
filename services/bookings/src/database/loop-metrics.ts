import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '@mentor-sessions/service-kit/database';
import { sampledGauges } from '@mentor-sessions/service-kit/metrics';
import { sampled } from '@mentor-sessions/service-kit/sampled';

const AGES = [0, 60, 300, 3_600];

const awaited = `
  select count(given_up_at)::float8 as bookings_accepted_without_session_given_up,
    coalesce(extract(epoch from clock_timestamp() - min(accepted_at)), 0)::float8
      as bookings_accepted_without_session_oldest_age_seconds,
    ${AGES.map((age) => `count(*) filter (where accepted_at <= clock_timestamp() - interval '${age} s')::float8 as "${age}"`).join(', ')}
  from awaited_sessions`;

/** Of an hour, but for its last minute: what was accepted just now has no session yet. By what is missing, which is little. */
const anHour = `between clock_timestamp() - interval '61 minutes' and clock_timestamp() - interval '1 minute'`;
const converted = `
  select 1 - missing.count / nullif(accepted.count, 0) as bookings_session_conversion_ratio from
    (select count(*)::float8 from bookings where status = 'accepted' and decided_at ${anHour}) accepted,
    (select count(*)::float8 from awaited_sessions where accepted_at ${anHour}) missing`;

const ofAwaited = {
  bookings_accepted_without_session_oldest_age_seconds:
    'time since the oldest accepted booking without a known session was accepted',
  bookings_accepted_without_session_given_up:
    'accepted bookings without a known session of which no reminder is sent any more: somebody must look',
};
const ofConverted = {
  bookings_session_conversion_ratio:
    'share of the bookings accepted within an hour, but for the last minute, that have a known session; NaN if there are none',
};

type Awaited = Readonly<Record<keyof typeof ofAwaited | number, number>>;
type Converted = Readonly<Record<keyof typeof ofConverted, number>>;

/** Whether accepted bookings become sessions, asked of the database; and how often their events were sent again. */
export const createLoopMetrics = (registry: Registry, db: Database) => {
  const sample = sampled(async () => (await db.query<Awaited>(awaited))[0], { everySeconds: 1 });
  const readAwaited = async () => (await sample()) ?? undefined;
  sampledGauges({ registry, everySeconds: 0, gauges: ofAwaited, read: readAwaited });
  const readConverted = async () => (await db.query<Converted>(converted))[0];
  sampledGauges({ registry, everySeconds: 5, gauges: ofConverted, read: readConverted });
  new Gauge({
    name: 'bookings_accepted_without_session',
    help: 'accepted bookings without a known session, by how long ago they were accepted at least',
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
