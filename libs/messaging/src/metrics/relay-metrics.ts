import { Counter, Histogram, type Registry } from 'prom-client';
import type { Database } from '@mentor-sessions/service-kit/database';
import { sampledGauges } from '@mentor-sessions/service-kit/metrics';
import { rowResults, type RowResult } from '../relay/publish-in-order.ts';

export type RelayMetrics = {
  /** Rows of one transaction. */
  readonly batch: (rows: number) => void;
  readonly tried: (result: RowResult, rows: number) => void;
};

const waiting = `select count(*)::float8 as outbox_pending_messages, count(parked_at)::float8 as outbox_parked_messages,
  count(retry_at)::float8 as outbox_refused_messages,
  coalesce(extract(epoch from clock_timestamp()
    - min(created_at) filter (where parked_at is null or retry_at is not null)), 0)::float8 as outbox_oldest_age_seconds
  from outbox`;

const gauges = {
  outbox_pending_messages: 'rows that are not published yet, parked ones included',
  outbox_parked_messages: 'rows that cannot be published now',
  outbox_refused_messages: 'parked rows that the broker refuses or does not confirm, and that are tried again',
  outbox_oldest_age_seconds: 'lag: age of the oldest row that relays try to publish',
};

/** Counters of what a relay did, and gauges (asked of the database) of what waits. */
export const createRelayMetrics = (registry: Registry, database: Database): RelayMetrics => {
  const registers = [registry];
  const read = async () => (await database.query<Record<keyof typeof gauges, number>>(waiting))[0];
  sampledGauges({ registry, everySeconds: 1, gauges, read });
  const rows = new Counter({
    name: 'outbox_messages_total',
    help: 'rows by what became of an attempt to publish them',
    labelNames: ['result'],
    registers,
  });
  // a counter that appears with its first event shows no increase
  for (const result of rowResults) rows.inc({ result }, 0);
  const sizes = new Histogram({
    name: 'outbox_batch_size_messages',
    help: 'rows that a relay took in one transaction',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    registers,
  });
  return { batch: (size) => sizes.observe(size), tried: (result, count) => rows.inc({ result }, count) };
};
