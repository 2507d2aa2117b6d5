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
import { openSessions } from './database/database.ts';
import { needs } from './database/needs.ts';
import { createSessionMetrics } from './database/metrics.ts';
import { rejections } from './domain/events.ts';
import { lifecycle } from './domain/session.ts';
import { about } from './http/about.ts';
import { sessionRoutes } from './http/routes.ts';
import { onBookingAccepted } from './messaging/on-booking-accepted.ts';
import { relayTopology, topology } from './messaging/topology.ts';
import { eventsOfSession } from './use-cases/sessions.ts';

export const roles = ['api', 'relay', 'consumer', 'retention'] as const;
export type Role = (typeof roles)[number];

/** All wiring of the sessions service, by hand: what each role consists of, in the order in which it starts. */
export const createSessionsService = (config: Config, named: readonly Role[]) => {
  const running = config.RETENTION_DATABASE_URL ? named : named.filter((role) => role !== 'retention');
  if (running.length === 0) throw new ConfigError('the role retention needs RETENTION_DATABASE_URL');
  const name = `sessions-${running.join('-')}`;
  const log = createLogger({ service: 'sessions', role: running.join('+'), level: config.LOG_LEVEL });
  const registry = new Registry();
  const url = config.DATABASE_URL;
  const db = openSessions(
    createDatabase({ url, applicationName: name, poolMax: config.DATABASE_POOL_MAX, registry, log }),
  );
  const worker = createWorker({ databaseUrl: url, roles: running, version: config.VERSION, log });
  const mayLoseCommits = config.ALLOW_FSYNC_OFF;
  const canServe = (role: Role) => createDatabaseCheck(db, { ...needs[role], mayLoseCommits });
  const broker = { urls: config.AMQP_URL, name, observe: createBrokerMetrics(registry) };

  const api = (): RoleParts => {
    const auth = { issuer: config.AUTH_ISSUER, audience: config.AUTH_AUDIENCE };
    const keys = { jwksUrl: config.AUTH_JWKS_URL, jwksFile: config.AUTH_JWKS_FILE };
    const authenticator = createAuthenticator({ ...auth, ...keys, log });
    const app = createHttpApp({
      routes: sessionRoutes({
        db,
        newId: randomUUIDv7,
        counting: countTransitions(registry, 'session', lifecycle.transitions),
      }),
      authenticate: authenticator.authenticate,
      openapi: about,
      corsOrigins: config.CORS_ORIGINS ?? [],
      ratePerMinute: config.RATE_LIMIT_PER_MINUTE,
      documents: schemasPublishedBy('/sessions'),
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
    const metrics = createRelayMetrics(registry, db);
    const mustReachAQueue = (type: string) => catalogue.some((event) => event.type === type && event.mustReachAQueue);
    const relaying = createRelay({ database: db, publisher, wakeUp, mustReachAQueue, metrics, worker, log });
    return {
      components: [publisher, wakeUp, relaying],
      checks: { database: canServe('relay'), broker: publisher.isReady },
    };
  };

  const consumer = (): RoleParts => {
    const subscription = onBookingAccepted(config.BOOKINGS_AMQP_USER);
    const metrics = createConsumerMetrics(registry, db, { queue: subscription.queue.name, rejections });
    const { created } = createSessionMetrics(registry, db);
    const onCommitted = (handled: number): void => {
      created.inc(handled);
      db.announce();
    };
    const options = { broker, topology, database: db, subscription, metrics, onCommitted, worker, log };
    const consuming = createConsumer(options);
    const emitting = createEmitting({
      database: db,
      eventsOf: eventsOfSession(db, randomUUIDv7),
      onCommitted: db.announce,
      worker,
      log,
    });
    return {
      components: [sideBySide([consuming, createDrain(options), createReplaying(options), emitting])],
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
    service: 'sessions',
    running,
    parts: { api, relay, consumer, retention },
    database: db,
    beside: worker,
    registry,
    log,
  });
};
