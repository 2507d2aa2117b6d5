import { Counter, Histogram, type Registry } from 'prom-client';
import type { Database } from '@mentor-sessions/service-kit/database';
import { sampledGauges } from '@mentor-sessions/service-kit/metrics';
import { technicalReasons } from '../inbox/dead-letter-reasons.ts';

/** `rejections`: the service's own reasons for a dead letter. */
export type Consumed = { readonly queue: string; readonly rejections?: readonly string[] };

const open = `select count(*)::float8 as dead_letters_open,
  coalesce(extract(epoch from clock_timestamp() - min(first_seen_at)), 0)::float8 as dead_letters_oldest_age_seconds
  from dead_letters where resolved_at is null`;

const gauges = {
  dead_letters_open: 'dead letters that are not resolved',
  dead_letters_oldest_age_seconds: 'age of the oldest unresolved dead letter',
};

/** Counters of a consumer, and, with a database, gauges of unresolved dead letters. */
export const createConsumerMetrics = (
  registry: Registry,
  database: Database | undefined,
  { queue, rejections = [] }: Consumed,
) => {
  if (database) sampledGauges({ registry, database, everySeconds: 1, statement: open, gauges });
  const registers = [registry];
  const messages = new Counter({
    name: 'consumer_messages_total',
    help: 'messages by outcome: handled, duplicate, or the reason of the dead letter',
    labelNames: ['queue', 'outcome'],
    registers,
  });
  // from 0: a counter that appears with its first event shows no increase
  for (const outcome of ['handled', 'duplicate', ...technicalReasons, ...rejections])
    messages.inc({ queue, outcome }, 0);
  const sizes = new Histogram({
    name: 'consumer_batch_size_messages',
    help: 'messages of one transaction',
    labelNames: ['queue'],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    registers,
  });
  const latency = new Histogram({
    name: 'consumer_commit_to_handled_seconds',
    help: 'from the time of an event to the commit of its effect; two clocks',
    labelNames: ['queue'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    registers,
  });
  sizes.zero({ queue });
  latency.zero({ queue });
  return {
    batch: (size: number): void => sizes.observe({ queue }, size),
    handled: ({ time }: { readonly time: string }): void => {
      messages.inc({ queue, outcome: 'handled' });
      latency.observe({ queue }, Math.max(0, Date.now() - Date.parse(time)) / 1_000);
    },
    duplicates: (count: number): void => messages.inc({ queue, outcome: 'duplicate' }, count),
    dead: (outcome: string): void => messages.inc({ queue, outcome }),
  };
};

export type ConsumerMetrics = ReturnType<typeof createConsumerMetrics>;
