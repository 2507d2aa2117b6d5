import type { Registry } from 'prom-client';
import type { Needs } from '@mentor-sessions/service-kit/database';
import { sideBySide, type Component } from '@mentor-sessions/service-kit/lifecycle';
import { createRetention, forgetting, type RetentionTask } from '@mentor-sessions/service-kit/retention';
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
import { createWakeUp } from './relay/wake-up.ts';
import { createTimer, type TimerOptions } from './timer/timer.ts';
import { createTimerMetrics } from './timer/timer-metrics.ts';

// The roles of a service that have to do with messages, each assembled from its parts, for `defineService` of the service
// kit, and what they need of its database.

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
  readonly examine: TimerOptions['examine'];
};

/**
 * Publishes what is in the outbox, and writes there what follows from time alone. It declares only the exchange: a wrong or
 * missing queue does not stop it.
 */
export const relayRole = (process: MessagingProcess, relayed: Relayed): RoleParts => {
  const { config, database, registry, worker, log } = process;
  const { exchange, contentType, mustReachAQueue, examine } = relayed;
  const topology = { exchange, queues: [] };
  const publisher = createPublisher({ broker: brokerOf(process), topology, contentType, log });
  const wakeUp = createWakeUp(config.DATABASE_URL, log);
  const metrics = createRelayMetrics(registry, database);
  const relay = createRelay({ database, publisher, wakeUp, mustReachAQueue, metrics, worker, log });
  const { published } = createTimerMetrics(registry, database);
  const onCommitted = (count: number): void => {
    published(count);
    wakeUp.wake();
  };
  const timer = createTimer({ database, examine, onCommitted, pauses: worker.pauses.timer, log });
  return {
    components: [publisher, wakeUp, relay, timer],
    checks: { database: process.databaseCheck, broker: publisher.isReady },
  };
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
  const { exchange, subscription, rejections, eventsOf, beside = [], onCommitted } = consumed;
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

type Kept = {
  readonly PUBLISHED_KEPT_DAYS: number;
  readonly INBOX_KEPT_DAYS: number;
  readonly IDEMPOTENCY_KEYS_KEPT_HOURS: number;
};

const DAY = 24;

/** What a service keeps for a time, removed as the retention role. */
export const retentionTasks = (kept: Kept): RetentionTask[] => [
  {
    name: 'days of published messages',
    removeSome: async (db) => {
      const statement = 'select * from outbox_published_drop_days(clock_timestamp(), make_interval(days => $1))';
      return (await db.query(statement, [kept.PUBLISHED_KEPT_DAYS])).length;
    },
  },
  forgetting('stray published messages', 'outbox_published_forget_stray', kept.PUBLISHED_KEPT_DAYS * DAY),
  forgetting('inbox rows', 'inbox_forget', kept.INBOX_KEPT_DAYS * DAY),
  forgetting('workers that are gone', 'workers_forget', DAY),
  forgetting('idempotency keys', 'idempotency_keys_forget', kept.IDEMPOTENCY_KEYS_KEPT_HOURS),
];

type RetentionProcess = ServiceProcess<Kept & { readonly RETENTION_DATABASE_URL?: string | undefined }>;

/** Deletes old data, with a login of its own. */
export const retentionRole = ({ name, config, needs, log }: RetentionProcess): RoleParts => {
  const databaseUrl = config.RETENTION_DATABASE_URL ?? '';
  const retention = createRetention({ databaseUrl, applicationName: name, tasks: retentionTasks(config), needs, log });
  return { components: [retention], checks: { database: retention.canServe } };
};

type Privileges = Needs['privileges'];

/** What every process with a worker does. */
const ofWorkers: Privileges = [
  'insert on workers',
  'update on workers',
  'select on paused_workers',
  'select on replays',
];

const ofTheRelay: Privileges = [
  'select on outbox',
  'update on outbox',
  'delete on outbox',
  'insert on outbox_published',
  'execute on outbox_claim',
  'execute on outbox_horizon',
  'execute on outbox_low_water_marks',
  'execute on outbox_move_to_published',
];

/** Of the relay role as well: it publishes what follows from time alone. */
const ofTheTimer: Privileges = [
  'select on timers',
  'update on timers',
  'delete on timers',
  'select on timer_events',
  'insert on timer_events',
  'insert on outbox',
];

const ofTheConsumer: Privileges = [
  'insert on outbox',
  'select on inbox',
  'insert on inbox',
  'select on dead_letters',
  'insert on dead_letters',
  'update on dead_letters',
  'update on replays',
];

const ofTheApi: Privileges = ['insert on outbox', 'select on idempotency_keys', 'insert on idempotency_keys'];

const ofRetention: Privileges = [
  'execute on outbox_published_drop_days',
  'execute on outbox_published_forget_stray',
  'execute on inbox_forget',
  'execute on workers_forget',
  'execute on idempotency_keys_forget',
];

/** What each role does in the database of a service, beside what it does in tables of the service's own: without it, the role is not ready. */
export const needsWith = (own: Readonly<Record<'api' | 'relay' | 'consumer', Privileges>>) =>
  ({
    api: { privileges: [...ofWorkers, ...ofTheApi, ...own.api] },
    relay: {
      privileges: [...ofWorkers, ...ofTheRelay, ...ofTheTimer, ...own.relay],
      dailyTables: ['outbox_published'],
    },
    consumer: { privileges: [...ofWorkers, ...ofTheConsumer, ...own.consumer] },
    retention: { privileges: ofRetention },
  }) satisfies Record<string, Needs>;
