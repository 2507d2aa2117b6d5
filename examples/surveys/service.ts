// A service with an outbox of its own: a survey for each completed session, and the event survey.requested.
import { randomUUIDv7 } from 'node:crypto';
import { Registry } from 'prom-client';
import { z } from 'zod';
import {
  contentType,
  defineEvent,
  envelope,
  envelopeOf,
  eventsExchange,
  sessionCompleted,
  type SessionCompleted,
} from '@mentor-sessions/contracts';
import * as messaging from '@mentor-sessions/messaging';
import { createDatabase, type Queryable } from '@mentor-sessions/service-kit/database';
import { runUntilSignal } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger } from '@mentor-sessions/service-kit/log';

const surveyRequested = defineEvent({
  type: 'survey.requested',
  version: 1,
  source: '/surveys',
  mustReachAQueue: false,
  data: z.object({ sessionId: z.guid(), menteeUserId: z.guid() }),
});

const queue = {
  name: 'surveys.session-completed',
  routingKeys: ['session.completed'],
  deadLetterExchange: 'surveys.dead',
  deadQueue: 'surveys.session-completed.dead',
  deliveryLimit: 20,
};
const topology = { exchange: eventsExchange, queues: [queue] };

/** A row and an event for each completed session, in the transaction of the inbox. */
const requestSurveys = async (
  tx: Queryable,
  messages: readonly messaging.Message<SessionCompleted>[],
): Promise<void> => {
  await tx.query('insert into surveys select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])', [
    messages.map(({ data }) => data.sessionId),
    messages.map(({ data }) => data.menteeUserId),
    messages.map(({ time }) => time),
  ]);
  await messaging.enqueue(tx, messages.map(requested));
};

const requested = ({ time, correlationId, data: { sessionId, menteeUserId } }: messaging.Message<SessionCompleted>) =>
  envelopeOf(surveyRequested, {
    id: randomUUIDv7(),
    subject: sessionId,
    time,
    sequence: 1,
    correlationId,
    data: { sessionId, menteeUserId },
  });

const { DATABASE_URL: url = '', AMQP_URL = '' } = process.env;
const log = createLogger({ service: 'surveys', role: 'relay+consumer' });
const database = createDatabase({ url, applicationName: 'surveys', log });
const registry = new Registry();
const broker = { urls: [AMQP_URL], name: 'surveys' };

const publisher = messaging.createPublisher({ broker, topology, contentType, log });
const wakeUp = messaging.createWakeUp(url, log);
const relay = messaging.createRelay({
  database,
  publisher,
  wakeUp,
  mustReachAQueue: () => false,
  metrics: messaging.createRelayMetrics(registry, database),
  log,
});

const subscription: messaging.Subscription<SessionCompleted> = {
  queue,
  envelope,
  events: [sessionCompleted],
  sender: 'sessions', // validated by the broker
  handle: requestSurveys,
};
const consuming = {
  broker,
  topology,
  database,
  subscription,
  metrics: messaging.createConsumerMetrics(registry, database, { queue: queue.name }),
  onCommitted: messaging.createAnnouncer(database),
  log,
};

await runUntilSignal({
  components: [publisher, wakeUp, relay, messaging.createConsumer(consuming), messaging.createDrain(consuming)],
  log,
});
