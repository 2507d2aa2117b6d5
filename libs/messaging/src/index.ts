export { createAnnouncer, type Announcer } from './outbox/announcer.ts';
export { enqueue, insertOutboxRowFrom, outboxValues, type OutgoingEnvelope } from './outbox/enqueue.ts';
export { createRelay, type RelayOptions } from './relay/relay.ts';
export { createPublisher, type Publisher } from './relay/publisher.ts';
export { createConsumer, type ConsumerOptions } from './consumer/consumer.ts';
export { createDrain } from './dead-letters/drain.ts';
export { Rejected, type Rejection } from './consumer/rejected.ts';
export type { Message, Subscription } from './consumer/message.ts';
export type { ExchangeTopology, QueueTopology, Topology } from './broker/topology.ts';
