import type { Database } from '@mentor-sessions/service-kit/database';
import { runUntilSignal, sideBySide, startAll, stopAll, type Component } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger, type Logger } from '@mentor-sessions/service-kit/log';
import type { BrokerAddress } from '../broker/connect.ts';
import type { QueueTopology, Topology } from '../broker/topology.ts';
import { createConsumer } from '../consumer/consumer.ts';
import type { Inbox } from '../consumer/inbox-port.ts';
import type { Message, Subscription } from '../consumer/message.ts';
import type {
  PublishedEvent,
  Subscriber,
  SubscriberOptions,
  WithInbox,
  WithoutDatabase,
  WithPostgres,
} from './options.ts';
import { storeOf } from './store.ts';

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
const refusal = (log: Logger, queue: string): NonNullable<BrokerAddress['refusal']> => {
  let isSaid = false;
  return {
    said: (err) => {
      if (!isSaid)
        log.error(
          { err, queue },
          'the broker refuses what this subscriber needs: give its user the permissions that docs/for-event-consumers.md asks for; an event that the topic permission leaves out holds private data and is not for subscribers. Trying again every minute',
        );
      isSaid = true;
    },
    over: () => void (isSaid = false),
  };
};

const assemble = (options: Anyhow) => {
  const { amqpUrl, handle, database: given, schema, registry, prefetch, batchSize } = options;
  const [event, ...more]: PublishedEvent<never>[] = [options.event].flat();
  if (!event) throw new Error('subscribe: no event given');
  const { log = createLogger({ service: serviceOf(options.queue), role: 'subscriber' }) } = options;
  const broker = { urls: amqpUrl.split(','), name: options.queue, refusal: refusal(log, options.queue) };
  const queue = queueTopology(options.queue, [event, ...more]);
  const topology: Topology = { exchange: { ...event.exchange, isForeign: true }, queues: [queue] };
  const { database, metrics, before, beside } = storeOf(given, { broker, queue, registry, log, schema });
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
