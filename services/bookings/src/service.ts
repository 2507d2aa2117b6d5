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
import { openBookings } from './database/database.ts';
import { createLoopMetrics } from './database/metrics.ts';
import { needs } from './database/needs.ts';
import { lifecycle } from './domain/booking.ts';
import { rejections } from './domain/events.ts';
import { about } from './http/about.ts';
import { bookingRoutes } from './http/routes.ts';
import { onSessionEvents } from './messaging/on-session-events.ts';
import { createReminding } from './messaging/reminding.ts';
import { expireBookings } from './use-cases/expire-bookings.ts';
import { eventsOfBooking } from './use-cases/bookings.ts';

export const createBookingsService = defineService({
  name: 'bookings',
  noun: 'booking',
  transitions: lifecycle.transitions,
  needs,
  worker: createWorker,
  api: ({ config, database }: Process<Config>, given) => ({
    routes: bookingRoutes({
      db: openBookings(database),
      sessionsUrl: config.SESSIONS_URL,
      bounds: config.bounds,
      ...given,
    }),
    openapi: about,
    documents: schemasPublishedBy('/bookings'),
    files: { ...contractDocuments, '/guide': new URL('../../guide.html', import.meta.url).href },
    links: { Messages: '/messages', Guide: '/guide', Sessions: `${config.SESSIONS_URL}/docs` },
  }),
  relay: (process) => {
    const examine = expireBookings(openBookings(process.database), randomUUIDv7);
    return relayRole(process, { exchange: eventsExchange, contentType, mustReachAQueue, examine });
  },
  consumer: (process) => {
    const { config, database, registry, log } = process;
    const db = openBookings(database);
    const { sentAgain } = createLoopMetrics(registry, database);
    const patience = { seconds: config.REMIND_AFTER_SECONDS, attempts: config.REMIND_ATTEMPTS };
    return consumerRole(process, {
      exchange: eventsExchange,
      subscription: onSessionEvents(config.SESSIONS_AMQP_USER),
      rejections,
      eventsOf: eventsOfBooking(db, randomUUIDv7),
      beside: [createReminding({ db, patience, onSentAgain: (count) => sentAgain.inc(count), log })],
    });
  },
  retention: retentionRole,
});
