import { randomUUIDv7 } from 'node:crypto';
import { Registry } from 'prom-client';
import { catalogue, contentType, contractDocuments, schemasPublishedBy } from '@mentor-sessions/contracts';
import {
  createBrokerMetrics,
  createConsumer,
  createConsumerMetrics,
  createDrain,
  createPublisher,
  createRelay,
  createRelayMetrics,
  createWakeUp,
} from '@mentor-sessions/messaging';
import { createAuthenticator } from '@mentor-sessions/service-kit/authentication';
import { createDatabase } from '@mentor-sessions/service-kit/database';
import { createKeyForgetting } from '@mentor-sessions/service-kit/forget-keys';
import { createHttpApp, createHttpServer } from '@mentor-sessions/service-kit/http';
import { sideBySide } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { countTransitions } from '@mentor-sessions/service-kit/metrics';
import { assembleService, type RoleParts } from '@mentor-sessions/service-kit/run-service';
import type { Config } from './config.ts';
import { bookingsDatabase } from './database/database.ts';
import { createLoopMetrics } from './database/loop-metrics.ts';
import { transitions } from './domain/lifecycle.ts';
import { about } from './http/about.ts';
import { bookingRoutes } from './http/routes.ts';
import { rejections } from './domain/rejections.ts';
import { onSessionEvents } from './messaging/on-session-events.ts';
import { createReminding } from './messaging/reminding.ts';
import { topology } from './messaging/topology.ts';

export const roles = ['api', 'relay', 'consumer'] as const;
export type Role = (typeof roles)[number];

/** All wiring of the bookings service, by hand: what each role consists of, in the order in which it starts. */
export const createBookingsService = (config: Config, running: readonly Role[]) => {
  const name = `bookings-${running.join('-')}`;
  const log = createLogger({ service: 'bookings', role: running.join('+'), level: config.LOG_LEVEL });
  const registry = new Registry();
  const url = config.DATABASE_URL;
  const database = createDatabase({ url, applicationName: name, poolMax: config.DATABASE_POOL_MAX, registry, log });
  const databaseAnswers = () => database.query('select 1');
  const broker = { urls: config.AMQP_URL, name, watch: createBrokerMetrics(registry) };

  const api = (): RoleParts => {
    const auth = { issuer: config.AUTH_ISSUER, audience: config.AUTH_AUDIENCE };
    const keys = { jwksUrl: config.AUTH_JWKS_URL, jwksFile: config.AUTH_JWKS_FILE };
    const db = bookingsDatabase(database, url);
    const counting = countTransitions(registry, 'booking', transitions);
    const app = createHttpApp({
      routes: bookingRoutes({ db, newId: randomUUIDv7, sessionsUrl: config.SESSIONS_URL, counting }),
      authenticate: createAuthenticator({ ...auth, ...keys, log }),
      openapi: about,
      corsOrigins: config.CORS_ORIGINS ?? [],
      ratePerMinute: config.RATE_LIMIT_PER_MINUTE,
      documents: schemasPublishedBy('/bookings'),
      files: contractDocuments,
      registry,
      log,
    });
    const server = createHttpServer({ app, host: config.HOST, port: config.PORT, log });
    return { components: [createKeyForgetting(database, log), server], checks: { database: databaseAnswers } };
  };

  const relay = (): RoleParts => {
    const publisher = createPublisher({ broker, topology, contentType, log });
    const wakeUp = createWakeUp(url, log);
    const metrics = createRelayMetrics(registry, database);
    const mustReachAQueue = (type: string) => catalogue.some((event) => event.type === type && event.mustReachAQueue);
    const relaying = createRelay({ database, publisher, wakeUp, mustReachAQueue, metrics, log });
    return {
      components: [publisher, wakeUp, relaying],
      checks: { database: databaseAnswers, broker: publisher.isReady },
    };
  };

  const consumer = (): RoleParts => {
    const subscription = onSessionEvents(config.SESSIONS_AMQP_USER);
    const metrics = createConsumerMetrics(registry, database, { queue: subscription.queue.name, rejections });
    const { sentAgain } = createLoopMetrics(registry, database);
    const options = { broker, topology, database, subscription, metrics, onCommitted: () => undefined, log };
    const consuming = createConsumer(options);
    const reminding = createReminding({
      db: bookingsDatabase(database, url),
      patience: { seconds: config.REMIND_AFTER_SECONDS, attempts: config.REMIND_ATTEMPTS },
      onSentAgain: (count) => sentAgain.inc(count),
      log,
    });
    return {
      components: [sideBySide([consuming, createDrain(options), reminding])],
      checks: { database: databaseAnswers, consumer: consuming.isReady },
    };
  };

  return assembleService({
    config,
    service: 'bookings',
    running,
    parts: { api, relay, consumer },
    database,
    registry,
    log,
  });
};
