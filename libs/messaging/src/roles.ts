import type { Registry } from 'prom-client';
import { sideBySide, type Component } from '@mentor-sessions/service-kit/lifecycle';
import { createRetention } from '@mentor-sessions/service-kit/retention';
import type { RoleParts, ServiceProcess } from '@mentor-sessions/service-kit/service-process';
import { createBrokerMetrics } from './broker/broker-metrics.ts';
import type { ExchangeTopology } from './broker/topology.ts';
import { createConsumer } from './consumer/consumer.ts';
import { createConsumerMetrics } from './consumer/consumer-metrics.ts';
import { createDrain } from './dead-letters/drain.ts';
import { createReplayRunner } from './dead-letters/replay.ts';
import type { Subscription } from './inbox/message.ts';
import type { Worker } from './operations/worker.ts';
import { createAnnouncer } from './outbox/announcer.ts';
import { createEmissionRunner, type EventsOf } from './outbox/emissions.ts';
import { createPublisher } from './publisher/publisher.ts';
import { createRelayMetrics } from './relay/relay-metrics.ts';
import { createRelay } from './relay/relay.ts';
import { createWakeUp, type WakeUp } from './relay/wake-up.ts';
import { retentionTasks } from './retention.ts';
import { createTimer, type TimerOptions } from './timer/timer.ts';
import { createTimerMetrics } from './timer/timer-metrics.ts';

// The roles of a service that have to do with messages, each assembled from its parts, for `defineService` of the service kit.

export type Process<Config> = ServiceProcess<Config, Worker>;

type MessagingProcess = Process<{ readonly AMQP_URL: readonly string[]; readonly DATABASE_URL: string }>;

/** One for each process, however many of its roles use the broker. */
const brokerMetrics = new WeakMap<Registry, ReturnType<typeof createBrokerMetrics>>();

const brokerOf = ({ config, name, registry }: MessagingProcess) => {
  const observe = brokerMetrics.get(registry) ?? createBrokerMetrics(registry);
  brokerMetrics.set(registry, observe);
  return { urls: config.AMQP_URL, name, observe };
};

type Relayed = {
  readonly exchange: ExchangeTopology;
  readonly contentType: string;
  readonly mustReachAQueue: (type: string) => boolean;
  /** Publishes what follows from time alone, unless the relay or the timer is paused. */
  readonly examine?: TimerOptions['examine'];
};

/** Publishes what is in the outbox. It declares only the exchange: a wrong or missing queue does not stop it. */
export const relayRole =
  ({ exchange, contentType, mustReachAQueue, examine }: Relayed) =>
  (process: MessagingProcess): RoleParts => {
    const { config, database, registry, worker, log } = process;
    const topology = { exchange, queues: [] };
    const publisher = createPublisher({ broker: brokerOf(process), topology, contentType, log });
    const wakeUp = createWakeUp(config.DATABASE_URL, log);
    const metrics = createRelayMetrics(registry, database);
    const relay = createRelay({ database, publisher, wakeUp, mustReachAQueue, metrics, worker, log });
    const timers = examine ? [timerOf(process, examine, wakeUp)] : [];
    return {
      components: [publisher, wakeUp, relay, ...timers],
      checks: { database: process.databaseCheck, broker: publisher.isReady },
    };
  };

/** Beside the relay, which publishes what it writes; paused with it, or alone. */
const timerOf = (process: MessagingProcess, examine: TimerOptions['examine'], wakeUp: WakeUp): Component => {
  const { database, registry, worker, log } = process;
  const { published } = createTimerMetrics(registry, database);
  const onCommitted = (count: number): void => {
    published(count);
    wakeUp.wake();
  };
  return createTimer({ database, examine, onCommitted, pauses: worker.pauses.timer, log });
};

type Consumed<Data> = {
  readonly exchange: ExchangeTopology;
  readonly subscription: Subscription<Data>;
  /** Reasons of the service's own for refusing a message. */
  readonly rejections: readonly string[];
  /** The events that follow from a row, for operators who find one missing. */
  readonly eventsOf: EventsOf;
  readonly onCommitted?: (handled: number) => void;
  /** Further periodic work of this role. */
  readonly beside?: readonly Component[];
};

/** Handles one queue, its dead letters, and operators' requests to replay or publish. */
export const consumerRole = <Data>(process: MessagingProcess, consumed: Consumed<Data>): RoleParts => {
  const { database, registry, worker, log } = process;
  const { exchange, subscription, rejections, eventsOf, beside = [], onCommitted = () => undefined } = consumed;
  const { queue } = subscription;
  const metrics = createConsumerMetrics(registry, database, { queue: queue.name, rejections });
  const topology = { exchange, queues: [queue] };
  const options = { broker: brokerOf(process), topology, database, subscription, metrics, onCommitted, worker, log };
  const consumer = createConsumer(options);
  const announce = createAnnouncer(database);
  const emissions = createEmissionRunner({ database, eventsOf, onCommitted: announce, worker, log });
  const components = [consumer, createDrain(options), createReplayRunner(options), ...beside, emissions];
  return {
    components: [sideBySide(components)],
    checks: { database: process.databaseCheck, consumer: consumer.isReady },
  };
};

type RetentionProcess = ServiceProcess<{
  readonly RETENTION_DATABASE_URL?: string | undefined;
  readonly PUBLISHED_KEPT_DAYS: number;
  readonly INBOX_KEPT_DAYS: number;
  readonly IDEMPOTENCY_KEYS_KEPT_HOURS: number;
}>;

/** Deletes old data, with a login of its own. */
export const retentionRole = ({ name, config, needs, log }: RetentionProcess): RoleParts => {
  const kept = {
    publishedDays: config.PUBLISHED_KEPT_DAYS,
    inboxDays: config.INBOX_KEPT_DAYS,
    keyHours: config.IDEMPOTENCY_KEYS_KEPT_HOURS,
  };
  const retention = createRetention({
    databaseUrl: config.RETENTION_DATABASE_URL ?? '',
    applicationName: name,
    tasks: retentionTasks(kept),
    needs,
    log,
  });
  return { components: [retention], checks: { database: retention.canServe } };
};
