import pg from 'pg';
import { Registry } from 'prom-client';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import type { Logger } from '@mentor-sessions/service-kit/log';
import type { BrokerAddress } from '../broker/connect.ts';
import type { QueueTopology } from '../broker/topology.ts';
import type { ConsumerOptions } from '../consumer/consumer.ts';
import type { Inbox } from '../consumer/inbox-port.ts';
import { memoryInbox } from '../consumer/memory-inbox.ts';
import { createDrain } from '../dead-letters/drain.ts';
import { consumerCounters, createConsumerMetrics, type ConsumerMetrics } from '../metrics/consumer-metrics.ts';
import { createPublisher } from '../relay/publisher.ts';

type Needs = {
  readonly broker: BrokerAddress;
  readonly queue: QueueTopology;
  readonly registry?: Registry | undefined;
  readonly log: Logger;
  readonly schema?: string | undefined;
};

/** Where a subscriber remembers, and what runs for it before and beside the consumer. */
export type Store = {
  readonly database: Database | Inbox;
  readonly metrics: ConsumerMetrics;
  readonly before: readonly Component[];
  readonly beside: (options: ConsumerOptions<never>) => readonly Component[];
};

const inMemory = ({ broker, queue, registry = new Registry(), log }: Needs): Store => {
  const exchange = { name: queue.deadLetterExchange, type: 'direct' };
  const contentType = 'application/cloudevents+json';
  const deadQueue = createPublisher({ broker, topology: { exchange, queues: [] }, contentType, log });
  const database = memoryInbox(deadQueue) as unknown as Inbox; // its own `tx`; the handler gets none
  return {
    database,
    metrics: consumerCounters(registry, { queue: queue.name }),
    before: [deadQueue],
    beside: () => [],
  };
};

const inPostgres = (database: Database, { queue, registry = new Registry() }: Needs): Store => ({
  database,
  metrics: createConsumerMetrics(registry, database, { queue: queue.name }),
  before: [],
  beside: (options) => [createDrain({ ...options, database })],
});

const atUrl = (url: string, needs: Needs): Store => {
  const searchPath = needs.schema && `${pg.escapeIdentifier(needs.schema)}, pg_temp`;
  const database = createDatabase({ url, applicationName: needs.broker.name, searchPath, log: needs.log });
  const closing: Component = { name: 'database', start: () => Promise.resolve(), stop: () => database.close() };
  return { ...inPostgres(database, needs), before: [closing] };
};

/** For each way to give a database, or none, the store of it. */
export const storeOf = (database: string | Database | Inbox<never> | undefined, needs: Needs): Store => {
  if (database === undefined) return inMemory(needs);
  if (typeof database === 'string') return atUrl(database, needs);
  if (!('enter' in database)) return inPostgres(database, needs);
  const metrics = consumerCounters(needs.registry ?? new Registry(), { queue: needs.queue.name });
  return { database, metrics, before: [], beside: () => [] };
};
