import pg from 'pg';
import { Registry } from 'prom-client';
import { createDatabase, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { runUntilSignal, sideBySide, startAll, stopAll, type Component } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger, type Logger } from '@mentor-sessions/service-kit/log';
import type { BrokerAddress } from '../broker/connect.ts';
import { serviceOf, type ExchangeTopology, type QueueTopology, type Topology } from '../broker/topology.ts';
import { consumerCounters, createConsumerMetrics } from '../consumer/consumer-metrics.ts';
import { createConsumer, type Consumer, type ConsumerOptions } from '../consumer/consumer.ts';
import { createDrain } from '../dead-letters/drain.ts';
import { withAnyTransaction, type Inbox } from '../inbox/inbox.ts';
import { memoryInbox } from '../inbox/memory-inbox.ts';
import type { EnvelopeAttributes, EventSchema, Message, Schema, Subscription } from '../inbox/message.ts';
import { createPublisher } from '../publisher/publisher.ts';

/** An event of the contracts, such as `sessionCompleted`. */
export type PublishedEvent<Data = unknown> = EventSchema<Data> & {
  readonly exchange: ExchangeTopology;
  readonly envelope: Schema<EnvelopeAttributes>;
  readonly sender: string;
};

export type SubscriberOptions<Data, Tx> = {
  /** With your own broker user; nodes of a cluster separated by commas. */
  readonly amqpUrl: string;
  /** One event or several, each in all versions that you support; `Data` is what they have in common. */
  readonly event: PublishedEvent<Data> | readonly PublishedEvent<Data>[];
  /** Your queue, `<service>.<event>`, such as `reviews.session-completed`; its dead queue is `<queue>.dead`. */
  readonly queue: string;
  /**
   * The effect of new messages, sorted by id, all of it written through `tx`; it may run again from its start. Throw
   * `Rejected` to dead-letter some of them, anything else to have a message retried alone, three times.
   */
  readonly handle: (messages: readonly Message<Data>[], tx: Tx) => Promise<void>;
  /** Broker user that sends the event; default: the event's own. Several while the name is being changed. */
  readonly sender?: string | readonly string[];
  readonly log?: Logger;
  /** For a /metrics endpoint of yours. */
  readonly registry?: Registry;
  /** Maximum body size in bytes, default 128 KiB; of larger messages only the head is kept, as `too-large`. A higher limit lowers the prefetch. */
  readonly largestBody?: number;
  /** Unacknowledged messages; at most as many of the largest size as fit into 16 MiB. */
  readonly prefetch?: number;
  /** Messages per transaction. */
  readonly batchSize?: number;
};

/** `tx` is undefined. Handled ids are remembered by this process only, so the effect must be idempotent. */
export type WithoutDatabase<Data> = SubscriberOptions<Data, undefined> & { readonly database?: undefined };

/** A PostgreSQL URL (or the service kit's database) with the tables of sql/inbox.sql. */
export type WithPostgres<Data> = SubscriberOptions<Data, Queryable> & {
  readonly database: string | Database;
  /** Schema of your tables, for a URL; default: public. A search_path of your role or database has no effect. */
  readonly schema?: string;
};

/** An inbox of your own, for another database. */
export type WithInbox<Data, Tx> = SubscriberOptions<Data, Tx> & { readonly database: Inbox<Tx> };

export type Subscriber = {
  /** Whether the consumer is registered at the broker. */
  isReady(): boolean;
  /** Finishes and acknowledges what is in flight; does not wait for a broker that does not answer. */
  stop(): Promise<void>;
  /** For a process that does nothing else: stops at SIGTERM or SIGINT, and exits 0. */
  untilSignal(): Promise<void>;
};

type Options<Data, Tx> = WithoutDatabase<Data> | WithPostgres<Data> | WithInbox<Data, Tx>;

type Parts = { readonly consumer: Consumer; readonly components: readonly Component[] };

/**
 * The idempotent consumer of one queue, for services of other teams: declares its queue and its dead queue, handles in
 * batches, keeps what cannot be handled with its reason, and recovers from any outage of broker or database.
 */
export function subscribe<Data>(options: WithoutDatabase<Data>): Promise<Subscriber>;
export function subscribe<Data>(options: WithPostgres<Data>): Promise<Subscriber>;
export function subscribe<Data, Tx>(options: WithInbox<Data, Tx>): Promise<Subscriber>;
export async function subscribe<Data, Tx>(options: Options<Data, Tx>): Promise<Subscriber> {
  const { log = createLogger({ service: serviceOf(options.queue), role: 'subscriber' }) } = options;
  const { consumer, components } = assemble(options, log);
  await startAll(components, log);
  const stop = (): Promise<void> => stopAll(components, log);
  const started: Component = { name: 'subscriber', start: () => Promise.resolve(), stop };
  return { isReady: consumer.isReady, stop, untilSignal: () => runUntilSignal({ components: [started], log }) };
}

const assemble = <Data, Tx>(options: Options<Data, Tx>, log: Logger): Parts => {
  const events = [options.event].flat();
  const [event] = events;
  if (!event) throw new Error('subscribe: no event given');
  const queue = queueTopology(options.queue, events);
  const topology: Topology = { exchange: { ...event.exchange, isForeign: true }, queues: [queue] };
  const broker = { urls: options.amqpUrl.split(','), name: queue.name, onRefused: onRefused(log, queue.name) };
  const { registry = new Registry(), largestBody, sender = event.sender, prefetch, batchSize } = options;
  const base: Base<Data> = {
    registry,
    subscription: { queue, envelope: event.envelope, events, sender, largestBody },
    consuming: { broker, topology, log, onCommitted: () => undefined, prefetch, batchSize },
  };
  if (options.database === undefined) return withoutDatabase(options, base);
  return isPostgres(options) ? withPostgres(options, base) : withInbox(options, base);
};

/** What a subscriber needs, wherever its inbox is. */
type Base<Data> = {
  readonly registry: Registry;
  readonly subscription: Omit<Subscription<Data>, 'handle'>;
  readonly consuming: Omit<ConsumerOptions<Data>, 'database' | 'subscription' | 'metrics' | 'worker'>;
};

const isPostgres = <Data, Tx>(options: WithPostgres<Data> | WithInbox<Data, Tx>): options is WithPostgres<Data> =>
  typeof options.database === 'string' || !('enter' in options.database);

const withoutDatabase = <Data>(options: WithoutDatabase<Data>, base: Base<Data>): Parts => {
  const { broker, log } = base.consuming;
  const exchange = { name: base.subscription.queue.deadLetterExchange, type: 'direct' };
  const contentType = 'application/cloudevents+json';
  const deadQueue = createPublisher({ broker, topology: { exchange, queues: [] }, contentType, log });
  const handle = (messages: readonly Message<Data>[]) => options.handle(messages, undefined);
  const { consumer } = withInbox({ ...options, database: memoryInbox(deadQueue), handle }, base);
  return { consumer, components: [deadQueue, consumer] };
};

const withInbox = <Data, Tx>(options: WithInbox<Data, Tx>, base: Base<Data>): Parts => {
  const { registry, subscription, consuming } = base;
  const inbox = withAnyTransaction<Data, Tx>(options.database, (tx, messages) => options.handle(messages, tx));
  const consumer = createConsumer({
    ...consuming,
    database: inbox.database,
    subscription: { ...subscription, handle: inbox.handle },
    metrics: consumerCounters(registry, { queue: subscription.queue.name }),
  });
  return { consumer, components: [consumer] };
};

const withPostgres = <Data>(options: WithPostgres<Data>, base: Base<Data>): Parts => {
  const { registry, subscription, consuming } = base;
  const { database: given, schema, handle } = options;
  const searchPath = schema && `${pg.escapeIdentifier(schema)}, pg_temp`;
  const isUrl = typeof given === 'string';
  const queue = subscription.queue.name;
  const { log } = consuming;
  const database = isUrl ? createDatabase({ url: given, applicationName: queue, searchPath, log }) : given;
  const closing: Component = { name: 'database', start: () => Promise.resolve(), stop: () => database.close() };
  const postgresOptions = {
    ...consuming,
    database,
    subscription: { ...subscription, handle: (tx, messages) => handle(messages, tx) } satisfies Subscription<Data>,
    metrics: createConsumerMetrics(registry, database, { queue }),
  };
  const consumer = createConsumer(postgresOptions);
  const working = sideBySide([consumer, createDrain(postgresOptions)]);
  return { consumer, components: isUrl ? [closing, working] : [working] };
};

const DELIVERY_LIMIT = 20;

const queueTopology = (name: string, events: readonly { readonly type: string }[]): QueueTopology => ({
  name,
  routingKeys: [...new Set(events.map(({ type }) => type))],
  deadLetterExchange: `${serviceOf(name)}.dead`,
  deadQueue: `${name}.dead`,
  deliveryLimit: DELIVERY_LIMIT,
});

/** Logs a refusal once, however many connections meet it and however often, until the broker grants access. */
const onRefused = (log: Logger, queue: string): NonNullable<BrokerAddress['onRefused']> => {
  let isReported = false;
  return {
    report: (err) => {
      if (!isReported)
        log.error(
          { err, queue },
          'the broker refuses what this subscriber needs: give its user the permissions in docs/for-event-consumers.md. An event outside its topic permissions holds private data and is not for subscribers. Retrying every minute',
        );
      isReported = true;
    },
    clear: () => void (isReported = false),
  };
};
