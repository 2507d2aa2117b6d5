import pg from 'pg';
import { Registry } from 'prom-client';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { type Component, runUntilSignal, sideBySide, startAll, stopAll } from '@mentor-sessions/service-kit/lifecycle';
import { type Logger, createLogger } from '@mentor-sessions/service-kit/log';
import type { BrokerAddress } from '../broker/connect.ts';
import type { QueueTopology, Topology } from '../broker/topology.ts';
import { consumerCounters, createConsumerMetrics, type ConsumerMetrics } from '../consumer/consumer-metrics.ts';
import { type ConsumerOptions, createConsumer } from '../consumer/consumer.ts';
import { createDrain } from '../dead-letters/drain.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { memoryInbox } from '../inbox/memory-inbox.ts';
import type { Message, Subscription } from '../inbox/message.ts';
import { createPublisher } from '../publisher/publisher.ts';
import type {
  PublishedEvent,
  Subscriber,
  SubscriberOptions,
  WithInbox,
  WithoutDatabase,
  WithPostgres,
} from './options.ts';

type Needs = {
  readonly broker: BrokerAddress;
  readonly queue: QueueTopology;
  readonly registry?: Registry | undefined;
  readonly log: Logger;
  readonly schema?: string | undefined;
};

/** Where a subscriber remembers, and what runs for it before and beside the consumer. */
type SubscriberStore = {
  readonly database: Database | Inbox;
  readonly metrics: ConsumerMetrics;
  readonly before: readonly Component[];
  readonly beside: (options: ConsumerOptions<never>) => readonly Component[];
};

const inMemory = ({ broker, queue, registry = new Registry(), log }: Needs): SubscriberStore => {
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

const inPostgres = (database: Database, { queue, registry = new Registry() }: Needs): SubscriberStore => ({
  database,
  metrics: createConsumerMetrics(registry, database, { queue: queue.name }),
  before: [],
  beside: (options) => [createDrain({ ...options, database })],
});

const atUrl = (url: string, needs: Needs): SubscriberStore => {
  const searchPath = needs.schema && `${pg.escapeIdentifier(needs.schema)}, pg_temp`;
  const database = createDatabase({ url, applicationName: needs.broker.name, searchPath, log: needs.log });
  const closing: Component = { name: 'database', start: () => Promise.resolve(), stop: () => database.close() };
  return { ...inPostgres(database, needs), before: [closing] };
};

/** For each way to give a database, or none, the store of it. */
const openStore = (database: string | Database | Inbox<never> | undefined, needs: Needs): SubscriberStore => {
  if (database === undefined) return inMemory(needs);
  if (typeof database === 'string') return atUrl(database, needs);
  if (!('enter' in database)) return inPostgres(database, needs);
  const metrics = consumerCounters(needs.registry ?? new Registry(), { queue: needs.queue.name });
  return { database, metrics, before: [], beside: () => [] };
};

type Subscribe = {
  <Data>(options: WithoutDatabase<Data>): Promise<Subscriber>;
  <Data>(options: WithPostgres<Data>): Promise<Subscriber>;
  <Data, Tx>(options: WithInbox<Data, Tx>): Promise<Subscriber>;
};

type Anyhow = SubscriberOptions<never, never> & {
  readonly database?: string | Database | Inbox<never> | undefined;
  readonly schema?: string | undefined;
};

const DELIVERY_LIMIT = 20;

const serviceOf = (queue: string): string => queue.split('.')[0] ?? queue;

const queueTopology = (name: string, events: readonly PublishedEvent[]): QueueTopology => ({
  name,
  routingKeys: [...new Set(events.map(({ type }) => type))],
  deadLetterExchange: `${serviceOf(name)}.dead`,
  deadQueue: `${name}.dead`,
  deliveryLimit: DELIVERY_LIMIT,
});

/** Said once, however many connections meet it and however often: until the broker has let us in. */
const onRefused = (log: Logger, queue: string): NonNullable<BrokerAddress['onRefused']> => {
  let isSaid = false;
  return {
    report: (err) => {
      if (!isSaid)
        log.error(
          { err, queue },
          'the broker refuses what this subscriber needs: give its user the permissions that docs/for-event-consumers.md asks for; an event that the topic permission leaves out holds private data and is not for subscribers. Trying again every minute',
        );
      isSaid = true;
    },
    clear: () => void (isSaid = false),
  };
};

const assemble = (options: Anyhow) => {
  const { amqpUrl, handle, database: given, schema, registry, prefetch, batchSize } = options;
  const [event, ...more]: PublishedEvent<never>[] = [options.event].flat();
  if (!event) throw new Error('subscribe: no event given');
  const { log = createLogger({ service: serviceOf(options.queue), role: 'subscriber' }) } = options;
  const broker = { urls: amqpUrl.split(','), name: options.queue, onRefused: onRefused(log, options.queue) };
  const queue = queueTopology(options.queue, [event, ...more]);
  const topology: Topology = { exchange: { ...event.exchange, isForeign: true }, queues: [queue] };
  const { database, metrics, before, beside } = openStore(given, { broker, queue, registry, log, schema });
  const subscription: Subscription<never> = {
    queue,
    envelope: event.envelope,
    events: [event, ...more],
    sender: options.sender ?? event.sender,
    ...(options.largestBody && { largestBody: options.largestBody }),
    handle: (tx, messages: readonly Message<never>[]) =>
      handle(messages, (given === undefined ? undefined : tx) as never),
  };
  const sizes = { ...(prefetch ? { prefetch } : {}), ...(batchSize ? { batchSize } : {}) };
  const consuming = { broker, topology, database, subscription, metrics, log, onCommitted: () => undefined, ...sizes };
  const consumer = createConsumer(consuming);
  return { log, consumer, components: [...before, sideBySide([consumer, ...beside(consuming)])] };
};

/**
 * The idempotent consumer of one queue for a service that is not ours: declares its queue and its dead queue, handles in
 * batches, keeps what cannot be handled with its reason, and comes back by itself after any outage of broker or database.
 */
export const subscribe: Subscribe = async (options: unknown): Promise<Subscriber> => {
  const { log, consumer, components } = assemble(options as Anyhow);
  await startAll(components, log);
  const stop = (): Promise<void> => stopAll(components, log);
  const started: Component = { name: 'subscriber', start: () => Promise.resolve(), stop };
  return { isReady: consumer.isReady, stop, untilSignal: () => runUntilSignal({ components: [started], log }) };
};
