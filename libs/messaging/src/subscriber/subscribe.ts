import pg from 'pg';
import { Registry } from 'prom-client';
import { createDatabase } from '@mentor-sessions/service-kit/database';
import { runUntilSignal, sideBySide, startAll, stopAll, type Component } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger, type Logger } from '@mentor-sessions/service-kit/log';
import type { BrokerAddress } from '../broker/connect.ts';
import { serviceOf, type QueueTopology, type Topology } from '../broker/topology.ts';
import { consumerCounters, createConsumerMetrics } from '../consumer/consumer-metrics.ts';
import { createConsumer, type Consumer, type ConsumerOptions } from '../consumer/consumer.ts';
import { createDrain } from '../dead-letters/drain.ts';
import { withAnyTransaction } from '../inbox/inbox.ts';
import { memoryInbox } from '../inbox/memory-inbox.ts';
import type { Subscription } from '../inbox/message.ts';
import { createPublisher } from '../publisher/publisher.ts';
import type { Subscriber, WithInbox, WithoutDatabase, WithPostgres } from './options.ts';

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
  const base = connectionOf(options, log);
  if (options.database === undefined) return withoutDatabase(options, base);
  if (isPostgres(options)) return withPostgres(options, base);
  return withInbox(options, base);
};

const isPostgres = <Data, Tx>(options: WithPostgres<Data> | WithInbox<Data, Tx>): options is WithPostgres<Data> =>
  typeof options.database === 'string' || !('enter' in options.database);

/** What a subscriber needs, wherever its inbox is. */
const connectionOf = <Data, Tx>(options: Options<Data, Tx>, log: Logger) => {
  const events = [options.event].flat();
  const [event] = events;
  if (!event) throw new Error('subscribe: no event given');
  const queue = queueTopology(options.queue, events);
  const topology: Topology = { exchange: { ...event.exchange, isForeign: true }, queues: [queue] };
  const broker = { urls: options.amqpUrl.split(','), name: queue.name, onRefused: onRefused(log, queue.name) };
  const { registry = new Registry(), largestBody, sender = event.sender, prefetch, batchSize } = options;
  const subscription = { queue, envelope: event.envelope, events, sender, largestBody };
  return { log, registry, subscription, consuming: { broker, topology, log, onCommitted, prefetch, batchSize } };
};

type Base<Data> = {
  readonly log: Logger;
  readonly registry: Registry;
  readonly subscription: Omit<Subscription<Data>, 'handle'>;
  readonly consuming: Pick<
    ConsumerOptions<Data>,
    'broker' | 'topology' | 'log' | 'onCommitted' | 'prefetch' | 'batchSize'
  >;
};

const onCommitted = (): void => undefined;

const withoutDatabase = <Data>({ handle }: WithoutDatabase<Data>, base: Base<Data>): Parts => {
  const { registry, subscription, consuming, log } = base;
  const exchange = { name: subscription.queue.deadLetterExchange, type: 'direct' };
  const contentType = 'application/cloudevents+json';
  const deadQueue = createPublisher({ ...consuming, topology: { exchange, queues: [] }, contentType, log });
  const inbox = withAnyTransaction<Data, Map<string, Buffer>>(memoryInbox(deadQueue), (_tx, messages) =>
    handle(messages, undefined),
  );
  const consumer = createConsumer({
    ...consuming,
    database: inbox.database,
    subscription: { ...subscription, handle: inbox.handle },
    metrics: consumerCounters(registry, { queue: subscription.queue.name }),
  });
  return { consumer, components: [deadQueue, consumer] };
};

const withPostgres = <Data>(options: WithPostgres<Data>, base: Base<Data>): Parts => {
  const { registry, subscription, consuming, log } = base;
  const { database: given, schema, handle } = options;
  const searchPath = schema && `${pg.escapeIdentifier(schema)}, pg_temp`;
  const isUrl = typeof given === 'string';
  const applicationName = subscription.queue.name;
  const database = isUrl ? createDatabase({ url: given, applicationName, searchPath, log }) : given;
  const closing: Component = { name: 'database', start: () => Promise.resolve(), stop: () => database.close() };
  const postgresOptions = {
    ...consuming,
    database,
    subscription: { ...subscription, handle: (tx, messages) => handle(messages, tx) } satisfies Subscription<Data>,
    metrics: createConsumerMetrics(registry, database, { queue: subscription.queue.name }),
  };
  const consumer = createConsumer(postgresOptions);
  const working = sideBySide([consumer, createDrain(postgresOptions)]);
  return { consumer, components: isUrl ? [closing, working] : [working] };
};

const withInbox = <Data, Tx>({ database, handle }: WithInbox<Data, Tx>, base: Base<Data>): Parts => {
  const { registry, subscription, consuming } = base;
  const inbox = withAnyTransaction<Data, Tx>(database, (tx, messages) => handle(messages, tx));
  const consumer = createConsumer({
    ...consuming,
    database: inbox.database,
    subscription: { ...subscription, handle: inbox.handle },
    metrics: consumerCounters(registry, { queue: subscription.queue.name }),
  });
  return { consumer, components: [consumer] };
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
