import pg from 'pg';
import { Registry } from 'prom-client';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { runUntilSignal, sideBySide, startAll, stopAll, type Component } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger, type Logger } from '@mentor-sessions/service-kit/log';
import { pause } from '@mentor-sessions/service-kit/loop';
import { userOf, type BrokerAddress } from '../broker/connect.ts';
import { serviceOf, type QueueTopology } from '../broker/topology.ts';
import { createConsumerMetrics } from '../consumer/consumer-metrics.ts';
import { createConsumer, type ConsumerOptions } from '../consumer/consumer.ts';
import { createDrain } from '../dead-letters/drain.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { memoryInbox } from '../inbox/memory-inbox.ts';
import type { Message } from '../inbox/message.ts';
import { resolvingInbox } from '../inbox/resolve-handled.ts';
import { createPublisher, type Publisher } from '../publisher/publisher.ts';
import { checkOptions, type Misconfigured } from './misconfigured.ts';
import type { AnyOptions, PublishedEvent, Subscriber, WithInbox, WithoutDatabase, WithPostgres } from './options.ts';
import { connectionReport, untilUsable } from './starting.ts';

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

const assemble = <Data, Tx>(options: AnyOptions<Data, Tx>, { log, onConsuming, onMisconfigured }: Hooks) => {
  const events = [options.event].flat();
  const [event] = events as [PublishedEvent<Data>];
  const queue = queueTopology(options.queue, events);
  const { registry = new Registry(), largestBody, sender = event.sender, prefetch, batchSize, tracer } = options;
  const database = isPostgres(options) ? openDatabase(options, log) : undefined;
  const isWithoutDatabase = options.database === undefined;
  const purposes = ['consumer', ...(database ? ['drain'] : isWithoutDatabase ? ['publisher'] : [])];
  const report = connectionReport({ queue: queue.name, purposes, log, onMisconfigured });
  const broker = { urls: options.amqpUrl.split(','), name: queue.name, report };
  const deadQueue = isWithoutDatabase ? createDeadQueue(broker, queue, log) : undefined;
  const inbox = database ? resolvingInbox(database) : deadQueue ? memoryInbox(deadQueue) : options.database;
  const handle = options.handle as (messages: readonly Message<Data>[], tx: unknown) => Promise<void>;
  const consuming: ConsumerOptions<Data> = {
    broker,
    topology: { exchange: { ...event.exchange, isForeign: true }, queues: [queue] },
    database: inbox as Inbox, // the consumer only passes transactions on: from the inbox to the handler
    subscription: {
      queue,
      envelope: event.envelope,
      events,
      sender,
      replayedBy: userOf(broker),
      largestBody,
      handle: (tx, messages) => handle(messages, isWithoutDatabase ? undefined : tx),
    },
    metrics: createConsumerMetrics(registry, database, { queue: queue.name }),
    onConsuming,
    prefetch,
    batchSize,
    tracer,
    log,
  };
  const consumer = createConsumer(consuming);
  const { isReady } = consumer;
  if (deadQueue) return { components: [deadQueue, consumer], isReady };
  if (!database) return { components: [consumer], isReady };
  const working = sideBySide([consumer, createDrain({ ...consuming, database })]);
  const closing: Component = { name: 'database', start: () => Promise.resolve(), stop: () => database.close() };
  const isOurs = typeof options.database === 'string';
  return { components: isOurs ? [closing, working] : [working], isReady, database };
};

const isPostgres = <Data, Tx>(options: AnyOptions<Data, Tx>): options is WithPostgres<Data> =>
  typeof options.database === 'string' || (options.database !== undefined && !('enter' in options.database));

const openDatabase = <Data>({ database, schema, queue }: WithPostgres<Data>, log: Logger): Database => {
  if (typeof database !== 'string') return database;
  const searchPath = schema && `${pg.escapeIdentifier(schema)}, pg_temp`;
  return createDatabase({ url: database, applicationName: queue, searchPath, log });
};

/** Without a database, dead letters are published to the dead queue. */
const createDeadQueue = (broker: BrokerAddress, { deadLetterExchange: name }: QueueTopology, log: Logger): Publisher =>
  createPublisher({
    broker,
    topology: { exchange: { name, type: 'direct' }, queues: [] },
    contentType: 'application/cloudevents+json',
    log,
  });

const DELIVERY_LIMIT = 20;

const queueTopology = (name: string, events: readonly { readonly type: string }[]): QueueTopology => ({
  name,
  routingKeys: [...new Set(events.map(({ type }) => type))],
  deadLetterExchange: `${serviceOf(name)}.dead`,
  deadQueue: `${name}.dead`,
  deliveryLimit: DELIVERY_LIMIT,
});
