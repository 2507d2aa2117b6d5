import { Counter, type Registry } from 'prom-client';
import { sql, type Database } from '@mentor-sessions/service-kit/database';
import { sampledGauges } from '@mentor-sessions/service-kit/metrics';

const state = sql(
  'timer-state',
  `select (select count(*)::integer from (select from timers where due_at <= now() limit 10000) as due)
      as timer_due_rows,
    coalesce(extract(epoch from now() - (select min(due_at) from timers where due_at <= now())), 0)::float8
      as timer_lag_seconds`,
);

const gauges = {
  timer_due_rows: 'rows whose time has come and that were not examined yet; counted up to 10,000',
  timer_lag_seconds: 'how long the oldest of them has been due',
};

/** Counters of what a timer published, and gauges (read from the database) of what is due. */
export const createTimerMetrics = (registry: Registry, database: Database) => {
  sampledGauges({ registry, database, everySeconds: 1, statement: state, gauges });
  const events = new Counter({
    name: 'timer_events_total',
    help: 'events that were published because of the time alone',
    registers: [registry],
  });
  return { published: (count: number): void => events.inc(count) };
};
