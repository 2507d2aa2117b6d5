import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Database } from '@mentor-sessions/service-kit/database';

export type RelayMetrics = { readonly rows: Counter<'result'> };

const waiting = `select count(*)::float8 as pending, count(parked_at)::float8 as parked,
  coalesce(extract(epoch from clock_timestamp() - min(created_at) filter (where parked_at is null)), 0)::float8 as age
  from outbox`;

/** Counters of what a relay did, and gauges (asked of the database at each scrape) of what waits. */
export const createRelayMetrics = (registry: Registry, database: Database): RelayMetrics => {
  const registers = [registry];
  const parked = new Gauge({ name: 'outbox_parked_messages', help: 'rows that cannot be published', registers });
  const age = new Gauge({
    name: 'outbox_oldest_age_seconds',
    help: 'lag: age of the oldest unpublished row',
    registers,
  });
  new Gauge({
    name: 'outbox_pending_messages',
    help: 'rows that are not published yet, parked ones included',
    registers,
    async collect() {
      const rows = await database.query<{ pending: number; parked: number; age: number }>(waiting).catch(() => []);
      const [now = { pending: NaN, parked: NaN, age: NaN }] = rows;
      this.set(now.pending);
      parked.set(now.parked);
      age.set(now.age);
    },
  });
  return {
    rows: new Counter({
      name: 'outbox_messages_total',
      help: 'rows by what became of an attempt to publish them',
      labelNames: ['result'],
      registers,
    }),
  };
};

export type ConsumerMetrics = {
  readonly messages: Counter<'queue' | 'outcome'>;
  readonly batchSize: Histogram<'queue'>;
};

const open = `select count(*)::float8 as count,
  coalesce(extract(epoch from clock_timestamp() - min(first_seen_at)), 0)::float8 as age
  from dead_letters where resolved_at is null`;

/** Counters of what a consumer did, and gauges (asked of the database at each scrape) of the dead letters that nobody has resolved. */
export const createConsumerMetrics = (registry: Registry, database: Database): ConsumerMetrics => {
  const registers = [registry];
  const age = new Gauge({ name: 'dead_letters_oldest_age_seconds', help: 'age of the oldest open one', registers });
  new Gauge({
    name: 'dead_letters_open',
    help: 'dead letters that nobody has resolved',
    registers,
    async collect() {
      const rows = await database.query<{ count: number; age: number }>(open).catch(() => []);
      const [now = { count: NaN, age: NaN }] = rows;
      this.set(now.count);
      age.set(now.age);
    },
  });
  return consumerCounters(registry);
};

/** What a consumer counts; without the gauges that only a database can tell. */
export const consumerCounters = (registry: Registry): ConsumerMetrics => ({
  messages: new Counter({
    name: 'consumer_messages_total',
    help: 'messages by outcome: handled, duplicate, or the reason why they were kept as dead letters',
    labelNames: ['queue', 'outcome'],
    registers: [registry],
  }),
  batchSize: new Histogram({
    name: 'consumer_batch_size_messages',
    help: 'messages of one transaction',
    labelNames: ['queue'],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    registers: [registry],
  }),
});
