import { randomUUIDv7 } from 'node:crypto';
import { Registry } from 'prom-client';
import { catalogue, contentType, contractDocuments, schemasPublishedBy } from '@mentor-sessions/contracts';
import {
  createBrokerMetrics,
  createConsumer,
  createConsumerMetrics,
  createDrain,
  createEmitting,
  createPublisher,
  createRelay,
  createRelayMetrics,
  createReplaying,
  createWakeUp,
  createWorker,
  messagingRetention,
} from '@mentor-sessions/messaging';
import { createAuthenticator } from '@mentor-sessions/service-kit/authentication';
import { createDatabase, createDatabaseCheck } from '@mentor-sessions/service-kit/database';
import { ConfigError } from '@mentor-sessions/service-kit/config';
import { keyRetention } from '@mentor-sessions/service-kit/forget-keys';
import { createHttpApp, createHttpServer } from '@mentor-sessions/service-kit/http';
import { sideBySide } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { countTransitions } from '@mentor-sessions/service-kit/metrics';
import { createRetention } from '@mentor-sessions/service-kit/retention';
import { assembleService, type RoleParts } from '@mentor-sessions/service-kit/run-service';
import type { Config } from './config.ts';
import { openBookings } from './database/database.ts';
import { needs } from './database/needs.ts';
import { createLoopMetrics } from './database/metrics.ts';
import { lifecycle } from './domain/booking.ts';
import { rejections } from './domain/events.ts';
import { about } from './http/about.ts';
import { bookingRoutes } from './http/routes.ts';
import { onSessionEvents } from './messaging/on-session-events.ts';
import { createReminding } from './messaging/reminding.ts';
import { relayTopology, topology } from './messaging/topology.ts';
import { eventsOfBooking } from './use-cases/bookings.ts';

export const roles = ['api', 'relay', 'consumer', 'retention'] as const;
export type Role = (typeof roles)[number];

/** All wiring of the bookings service, by hand: what each role consists of, in the order in which it starts. */
export const createBookingsService = (config: Config, named: readonly Role[]) => {
  const running = config.RETENTION_DATABASE_URL ? named : named.filter((role) => role !== 'retention');
  if (running.length === 0) throw new ConfigError('the role retention needs RETENTION_DATABASE_URL');
  const name = `bookings-${running.join('-')}`;
  const log = createLogger({ service: 'bookings', role: running.join('+'), level: config.LOG_LEVEL });
  const registry = new Registry();
  const url = config.DATABASE_URL;
  const database = createDatabase({ url, applicationName: name, poolMax: config.DATABASE_POOL_MAX, registry, log });
  const worker = createWorker({ databaseUrl: url, roles: running, version: config.VERSION, log });
  const mayLoseCommits = config.ALLOW_FSYNC_OFF;
  const canServe = (role: Role) => createDatabaseCheck(database, { ...needs[role], mayLoseCommits });
  const broker = { urls: config.AMQP_URL, name, observe: createBrokerMetrics(registry) };

  const api = (): RoleParts => {
    const auth = { issuer: config.AUTH_ISSUER, audience: config.AUTH_AUDIENCE };
    const keys = { jwksUrl: config.AUTH_JWKS_URL, jwksFile: config.AUTH_JWKS_FILE };
    const db = openBookings(database);
    const counting = countTransitions(registry, 'booking', lifecycle.transitions);
    const authenticator = createAuthenticator({ ...auth, ...keys, log });
    const app = createHttpApp({
      routes: bookingRoutes({ db, newId: randomUUIDv7, sessionsUrl: config.SESSIONS_URL, counting }),
      authenticate: authenticator.authenticate,
      openapi: about,
      corsOrigins: config.CORS_ORIGINS ?? [],
      ratePerMinute: config.RATE_LIMIT_PER_MINUTE,
      documents: schemasPublishedBy('/bookings'),
      files: contractDocuments,
      registry,
      log,
    });
    const server = createHttpServer({ app, host: config.HOST, port: config.PORT, log });
    return { components: [server], checks: { database: canServe('api'), keys: authenticator.hasKeys } };
  };

  const relay = (): RoleParts => {
    const publisher = createPublisher({ broker, topology: relayTopology, contentType, log });
    const wakeUp = createWakeUp(url, log);
    const metrics = createRelayMetrics(registry, database);
    const mustReachAQueue = (type: string) => catalogue.some((event) => event.type === type && event.mustReachAQueue);
    const relaying = createRelay({ database, publisher, wakeUp, mustReachAQueue, metrics, worker, log });
    return {
      components: [publisher, wakeUp, relaying],
      checks: { database: canServe('relay'), broker: publisher.isReady },
    };
  };

  const consumer = (): RoleParts => {
    const subscription = onSessionEvents(config.SESSIONS_AMQP_USER);
    const metrics = createConsumerMetrics(registry, database, { queue: subscription.queue.name, rejections });
    const { sentAgain } = createLoopMetrics(registry, database);
    const options = { broker, topology, database, subscription, metrics, onCommitted: () => undefined, worker, log };
    const consuming = createConsumer(options);
    const db = openBookings(database);
    const emitting = createEmitting({ database, eventsOf: eventsOfBooking(db), onCommitted: db.announce, worker, log });
    const reminding = createReminding({
      db,
      patience: { seconds: config.REMIND_AFTER_SECONDS, attempts: config.REMIND_ATTEMPTS },
      onSentAgain: (count) => sentAgain.inc(count),
      log,
    });
    return {
      components: [sideBySide([consuming, createDrain(options), createReplaying(options), reminding, emitting])],
      checks: { database: canServe('consumer'), consumer: consuming.isReady },
    };
  };

  const retention = (): RoleParts => {
    const kept = { publishedDays: config.PUBLISHED_KEPT_DAYS, inboxDays: config.INBOX_KEPT_DAYS };
    const tasks = [...messagingRetention(kept), keyRetention(config.IDEMPOTENCY_KEYS_KEPT_HOURS)];
    const databaseUrl = config.RETENTION_DATABASE_URL ?? '';
    const options = { databaseUrl, applicationName: name, tasks, needs: { ...needs.retention, mayLoseCommits }, log };
    const removing = createRetention(options);
    return { components: [removing], checks: { database: removing.canServe } };
  };

  return assembleService({
    config,
    service: 'bookings',
    running,
    parts: { api, relay, consumer, retention },
    database,
    beside: worker,
    registry,
    log,
  });
};
