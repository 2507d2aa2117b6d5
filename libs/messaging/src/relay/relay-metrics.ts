import { Counter, Histogram, type Registry } from 'prom-client';
import type { Database } from '@mentor-sessions/service-kit/database';
import { sampledGauges } from '@mentor-sessions/service-kit/metrics';
import { outboxState } from '../outbox/outbox-state.ts';
import { rowResults, type RowResult } from './publish-in-order.ts';

const state = `select pending as outbox_pending_messages, parked as outbox_parked_messages,
    retrying as outbox_refused_messages, "oldestAgeSeconds" as outbox_oldest_age_seconds
  from (${outboxState}) as state`;

const gauges = {
  outbox_pending_messages: 'rows not yet published, parked ones included; above 10,000 an estimate',
  outbox_parked_messages: 'rows that cannot be published now; counted up to 10,000',
  outbox_refused_messages:
    'parked rows that the broker refuses or does not confirm, and that are retried; counted up to 10,000',
  outbox_oldest_age_seconds: 'lag: age of the oldest row that relays try to publish',
};

/** Counters of what a relay did, and gauges (read from the database) of what waits. */
export const createRelayMetrics = (registry: Registry, database: Database) => {
  const registers = [registry];
  sampledGauges({ registry, database, everySeconds: 1, statement: state, gauges });
  const rows = new Counter({
    name: 'outbox_messages_total',
    help: 'attempts to publish a row, by result',
    labelNames: ['result'],
    registers,
  });
  // from 0: a counter that appears with its first event shows no increase
  for (const result of rowResults) rows.inc({ result }, 0);
  const sizes = new Histogram({
    name: 'outbox_batch_size_messages',
    help: 'rows that a relay claimed in one transaction',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    registers,
  });
  return {
    batch: (size: number): void => sizes.observe(size),
    attempted: (result: RowResult, count: number): void => rows.inc({ result }, count),
  };
};

export type RelayMetrics = ReturnType<typeof createRelayMetrics>;
