import pg from 'pg';
import { Registry } from 'prom-client';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { runUntilSignal, sideBySide, startAll, stopAll, type Component } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger, type Logger } from '@mentor-sessions/service-kit/log';
import { pause } from '@mentor-sessions/service-kit/loop';
import { userOf } from '../broker/connect.ts';
import { serviceOf, type QueueTopology, type Topology } from '../broker/topology.ts';
import { consumerCounters, createConsumerMetrics } from '../consumer/consumer-metrics.ts';
import { createConsumer, type ConsumerOptions } from '../consumer/consumer.ts';
import { createDrain } from '../dead-letters/drain.ts';
import { withAnyTransaction } from '../inbox/inbox.ts';
import { memoryInbox } from '../inbox/memory-inbox.ts';
import type { Message, Subscription } from '../inbox/message.ts';
import { resolvingInbox } from '../inbox/resolve-handled.ts';
import { createPublisher } from '../publisher/publisher.ts';
import { checkOptions, type Misconfigured } from './misconfigured.ts';
import type { AnyOptions, PublishedEvent, Subscriber, WithInbox, WithoutDatabase, WithPostgres } from './options.ts';
import { connectionReport, untilUsable } from './starting.ts';

type Parts = {
  readonly components: readonly Component[];
  readonly isReady: () => boolean;
  readonly database?: Database;
};

/**
 * The idempotent consumer of one queue, for services of other teams: declares its queue and its dead queue, handles in
 * batches, keeps what cannot be handled with its reason, and recovers from any outage of broker or database. Resolves when
 * the queue is bound and consumed; rejects with `Misconfigured` if that takes a change of configuration. An unreachable
 * broker or database is waited for.
 */
export function subscribe<Data>(options: WithoutDatabase<Data>): Promise<Subscriber>;
export function subscribe<Data>(options: WithPostgres<Data>): Promise<Subscriber>;
export function subscribe<Data, Tx>(options: WithInbox<Data, Tx>): Promise<Subscriber>;
export async function subscribe<Data, Tx>(options: AnyOptions<Data, Tx>): Promise<Subscriber> {
  checkOptions({ ...options, events: [options.event].flat() });
  const { queue, signal = new AbortController().signal } = options;
  const { log = createLogger({ service: serviceOf(queue), role: 'subscriber' }) } = options;
  signal.throwIfAborted();
  const consuming = Promise.withResolvers<void>();
  consuming.promise.catch(() => undefined); // it may reject before it is awaited
  let isStarting = true;
  const onConsuming = (others: number): void => {
    consuming.resolve();
    if (others > 0) log.info({ queue, others }, 'other consumers share this queue: each message reaches one of them');
  };
  const onMisconfigured = (error: Misconfigured): boolean => {
    consuming.reject(error);
    return isStarting;
  };
  const { components, isReady, database } = assemble(options, { log, onConsuming, onMisconfigured });
  const stop = (): Promise<void> => stopAll(components, log);
  const onAbort = (): void => consuming.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    if (database) await untilUsable(database, { queue, signal, log });
    await startAll(components, log);
    await consuming.promise;
  } catch (error) {
    await Promise.race([stop(), pause(STOP_WITHIN_MS, new AbortController().signal)]);
    throw error;
  } finally {
    isStarting = false;
    signal.removeEventListener('abort', onAbort);
  }
  const started: Component = { name: 'subscriber', start: () => Promise.resolve(), stop };
  return { isReady, stop, untilSignal: () => runUntilSignal({ components: [started], log }) };
}

/** An attempt to connect that is under way ends by itself. */
const STOP_WITHIN_MS = 1_000;

type Hooks = {
  readonly log: Logger;
  readonly onConsuming: (others: number) => void;
  readonly onMisconfigured: (error: Misconfigured) => boolean;
};

const assemble = <Data, Tx>(options: AnyOptions<Data, Tx>, { log, onConsuming, onMisconfigured }: Hooks): Parts => {
  const events = [options.event].flat();
  const [event] = events as [PublishedEvent<Data>];
  const queue = queueTopology(options.queue, events);
  const topology: Topology = { exchange: { ...event.exchange, isForeign: true }, queues: [queue] };
  const purposes = [
    'consumer',
    ...(options.database === undefined ? ['publisher'] : isPostgres(options) ? ['drain'] : []),
  ];
  const report = connectionReport({ queue: queue.name, purposes, log, onMisconfigured });
  const broker = { urls: options.amqpUrl.split(','), name: queue.name, report };
  const { registry = new Registry(), largestBody, sender = event.sender, prefetch, batchSize, tracer } = options;
  const subscription = { queue, envelope: event.envelope, events, sender, replayedBy: userOf(broker), largestBody };
  const onCommitted = (): void => undefined;
  const base: Base<Data> = {
    registry,
    subscription,
    consuming: { broker, topology, log, onCommitted, onConsuming, prefetch, batchSize, tracer },
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
  const { components, isReady } = withInbox({ ...options, database: memoryInbox(deadQueue), handle }, base);
  return { components: [deadQueue, ...components], isReady };
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
  return { components: [consumer], isReady: consumer.isReady };
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
  const consumer = createConsumer({ ...postgresOptions, database: resolvingInbox(database) });
  const working = sideBySide([consumer, createDrain(postgresOptions)]);
  return { components: isUrl ? [closing, working] : [working], isReady: consumer.isReady, database };
};

const DELIVERY_LIMIT = 20;

const queueTopology = (name: string, events: readonly { readonly type: string }[]): QueueTopology => ({
  name,
  routingKeys: [...new Set(events.map(({ type }) => type))],
  deadLetterExchange: `${serviceOf(name)}.dead`,
  deadQueue: `${name}.dead`,
  deliveryLimit: DELIVERY_LIMIT,
});
