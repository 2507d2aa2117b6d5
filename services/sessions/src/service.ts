import { randomUUIDv7 } from 'node:crypto';
import {
  contentType,
  contractDocuments,
  eventsExchange,
  mustReachAQueue,
  schemasPublishedBy,
} from '@mentor-sessions/contracts';
import { createWorker } from '@mentor-sessions/messaging';
import { consumerRole, relayRole, retentionRole, type Process } from '@mentor-sessions/messaging/roles';
import { defineService } from '@mentor-sessions/service-kit/service';
import type { Config } from './config.ts';
import { openSessions } from './database/database.ts';
import { createSessionMetrics } from './database/metrics.ts';
import { needs } from './database/needs.ts';
import { rejections } from './domain/events.ts';
import { lifecycle } from './domain/session.ts';
import { about } from './http/about.ts';
import { sessionRoutes } from './http/routes.ts';
import { onBookingAccepted } from './messaging/on-booking-accepted.ts';
import { examineSessions } from './use-cases/examine-sessions.ts';
import { eventsOfSession } from './use-cases/sessions.ts';

export const createSessionsService = defineService({
  name: 'sessions',
  noun: 'session',
  transitions: lifecycle.transitions,
  needs,
  worker: createWorker,
  api: ({ config, database }: Process<Config>, given) => ({
    routes: sessionRoutes({
      db: openSessions(database),
      completionGraceSeconds: config.COMPLETION_GRACE_SECONDS,
      ...given,
    }),
    openapi: about,
    documents: schemasPublishedBy('/sessions'),
    files: { ...contractDocuments, '/guide': new URL('../../guide.html', import.meta.url).href },
    links: {
      Messages: '/messages',
      Guide: '/guide',
      ...(config.BOOKINGS_URL && { Bookings: `${config.BOOKINGS_URL}/docs` }),
    },
  }),
  relay: (process) => {
    const { config, database } = process;
    const settings = {
      startingSoonSeconds: config.STARTING_SOON_SECONDS,
      completionGraceSeconds: config.COMPLETION_GRACE_SECONDS,
    };
    const examine = examineSessions(openSessions(database), settings, randomUUIDv7);
    return relayRole(process, { exchange: eventsExchange, contentType, mustReachAQueue, examine });
  },
  consumer: (process) => {
    const { config, database, registry } = process;
    const db = openSessions(database);
    const { created } = createSessionMetrics(registry, database);
    return consumerRole(process, {
      exchange: eventsExchange,
      subscription: onBookingAccepted(config.BOOKINGS_AMQP_USER),
      rejections,
      eventsOf: eventsOfSession(db, randomUUIDv7),
      onCommitted: (handled) => {
        created.inc(handled);
        db.announce();
      },
    });
  },
  retention: retentionRole,
});
