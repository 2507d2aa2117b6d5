import { connect } from 'amqplib';
import pg from 'pg';
import { pino, type Logger } from 'pino';
import { Registry } from 'prom-client';
import {
  createDatabase as createTestDatabase,
  databaseName,
  dropDatabases,
} from '@mentor-sessions/local-stack/databases';
import type { Broker, PostgresServer } from '@mentor-sessions/local-stack/backing';
import { createManagement, createVhost } from '@mentor-sessions/local-stack/vhosts';
import { query } from '@mentor-sessions/local-stack/databases';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createDatabase, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { startAll, stopAll, type Component } from '@mentor-sessions/service-kit/lifecycle';
import {
  createAnnouncer,
  createConsumer,
  createDrain,
  createPublisher,
  createRelay,
  enqueue,
  type Message,
  type OutgoingEnvelope,
  type Subscription,
  type Topology,
} from '../src/index.ts';
import { createConsumerMetrics } from '../src/consumer/consumer-metrics.ts';
import { createRelayMetrics } from '../src/relay/relay-metrics.ts';
import { createWakeUp } from '../src/relay/wake-up.ts';
import { readSql } from '../src/sql.ts';
import { queue, subscription, type Review } from './reviews.ts';

export const topology: Topology = { exchange: { name: 'mentoring.events', type: 'topic' }, queues: [queue] };

type Handle = (tx: Queryable, messages: readonly Message<Review>[]) => Promise<void>;
type ConsumerOver = Partial<Pick<Subscription<Review>, 'sample' | 'largestBody'>> & {
  batchSize?: number;
  amqpUrl?: string;
  log?: Logger;
};
type RelayOver = {
  database?: Database;
  maxBodyBytes?: number;
  topology?: Topology;
  mustReachAQueue?: boolean;
  confirmTimeoutMs?: number;
  amqpUrl?: string;
};

/** Servers that no other test uses. */
type Own = { readonly postgres?: PostgresServer; readonly broker?: Broker };

/** A service that neither bookings nor sessions is: its own database with the library's tables, its own vhost and user. */
export const createThirdService = async (own: Own = {}) => {
  const { postgres, broker } = { ...testBacking(), ...own };
  const database = await createTestDatabase(postgres.adminUrl, 'reviews');
  const vhost = await createVhost(broker, { publishes: { reviews: '^review\\..*' } });
  const amqpUrl = vhost.urls['reviews'] ?? '';
  await migrate(database.adminDatabaseUrl);
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
  const db = createDatabase({ url: database.databaseUrl, applicationName: 'reviews', log });
  const announce = createAnnouncer(db);
  const started: Component[] = [];
  const start = async (...components: Component[]) => {
    await startAll(components, log);
    started.push(...components);
  };
  const address = { urls: [amqpUrl], name: 'reviews' };
  return {
    db,
    log,
    /** How often this was logged, at WARN or above. */
    logged: (words: string) => lines.filter((line) => line.includes(words)).length,
    amqpUrl,
    adminAmqpUrl: vhost.amqpUrl,
    adminDatabaseUrl: database.adminDatabaseUrl,
    databaseName: databaseName(database.databaseUrl),
    enqueue: async (...envelopes: OutgoingEnvelope[]) => {
      await db.transaction((tx) => enqueue(tx, envelopes));
      announce();
    },
    asOwner: <Row extends object>(sql: string) => query<Row>(database.adminDatabaseUrl, sql),
    /** What it may publish, as a pattern of routing keys. */
    permit: (write: string) =>
      createManagement(broker.managementUrl ?? '').put(`topic-permissions/${vhost.name}/reviews`, {
        exchange: topology.exchange.name,
        write,
        read: '.*',
      }),
    startRelay: async (over: RelayOver = {}) => {
      const registry = new Registry();
      const publisher = createPublisher({
        broker: { ...address, urls: [over.amqpUrl ?? amqpUrl] },
        topology: over.topology ?? topology,
        contentType: 'application/cloudevents+json',
        log,
        ...(over.confirmTimeoutMs ? { confirmTimeoutMs: over.confirmTimeoutMs } : {}),
      });
      const wakeUp = createWakeUp(database.databaseUrl, log);
      const relay = createRelay({
        database: over.database ?? db,
        publisher,
        wakeUp,
        metrics: createRelayMetrics(registry, db),
        log,
        mustReachAQueue: () => over.mustReachAQueue ?? true,
        ...(over.maxBodyBytes ? { maxBodyBytes: over.maxBodyBytes } : {}),
      });
      await start(publisher, wakeUp, relay);
    },
    startConsumer: async (handle: Handle, over: ConsumerOver = {}) => {
      const options = {
        broker: { ...address, urls: [over.amqpUrl ?? amqpUrl] },
        ...(over.batchSize ? { batchSize: over.batchSize } : {}),
        topology,
        log: over.log ?? log,
        database: db,
        subscription: subscription(handle, over),
        metrics: createConsumerMetrics(new Registry(), db, { queue: queue.name }),
        onCommitted: () => undefined,
      };
      const consumer = createConsumer(options);
      await start(consumer, createDrain(options));
      return consumer;
    },
    stop: async () => {
      await stopAll(started.splice(0), log);
    },
    close: async () => {
      await stopAll(started, log);
      await db.close();
      await vhost.close();
      await dropDatabases(postgres.adminUrl, [databaseName(database.databaseUrl)]);
    },
  };
};

export type ThirdService = Awaited<ReturnType<typeof createThirdService>>;

const migrate = async (adminDatabaseUrl: string): Promise<void> => {
  const owner = new pg.Client({ connectionString: adminDatabaseUrl });
  await owner.connect();
  await owner.query(readSql(new URL('third-service.sql', import.meta.url)));
  await owner.end();
};

/** A queue of the test's own that sees what is on the wire, with what the broker says of each message. */
export const spy = async (url: string, routingKey: string) => {
  const connection = await connect(url);
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  await channel.assertExchange('mentoring.events', 'topic', { durable: true });
  const { queue: name } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(name, 'mentoring.events', routingKey);
  const seen: { id: string; subject: string; sequence: string }[] = [];
  await channel.consume(
    name,
    (message) => message && seen.push(JSON.parse(message.content.toString()) as (typeof seen)[number]),
    { noAck: true },
  );
  return { seen, close: () => connection.close() };
};
