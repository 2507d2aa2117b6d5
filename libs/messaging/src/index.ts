/**
 * What services import. The folders, each of which imports only those before it: broker, operations, publisher, outbox,
 * timer, relay (these publish), inbox, consumer, dead-letters, subscriber (these consume).
 */
export type { ExchangeTopology, QueueTopology, Topology } from './broker/topology.ts';
export { createWorker } from './operations/worker.ts';

export { createAnnouncer } from './outbox/announcer.ts';
export { createOutbox, enqueue, findEnqueued, outboxRow, type OutgoingEnvelope } from './outbox/enqueue.ts';
export { createTimerMetrics } from './timer/timer-metrics.ts';
export { createTimer, type Examined, type PastEvent, type TimerEvent } from './timer/timer.ts';
export { createPublisher, type Publisher } from './publisher/publisher.ts';
export { createRelayMetrics } from './relay/relay-metrics.ts';
export { createRelay, type RelayOptions } from './relay/relay.ts';
export { createWakeUp, type WakeUp } from './relay/wake-up.ts';

export { Rejected, sampleMessage, type Message, type Rejection, type Subscription } from './inbox/message.ts';
export type { Inbox, InboxEntries } from './inbox/inbox.ts';
export type { DeadLetter } from './inbox/dead-letters.ts';
export { createConsumerMetrics } from './consumer/consumer-metrics.ts';
export { createConsumer, type ConsumerOptions } from './consumer/consumer.ts';
export { createDrain } from './dead-letters/drain.ts';
export { Misconfigured } from './subscriber/misconfigured.ts';
export type { PublishedEvent, Subscriber, WithInbox, WithoutDatabase, WithPostgres } from './subscriber/options.ts';
export { subscribe } from './subscriber/subscribe.ts';

export type { Queryable } from '@mentor-sessions/service-kit/database';
export { Unavailable } from '@mentor-sessions/service-kit/errors';
