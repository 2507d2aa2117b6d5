import type { ChannelModel } from 'amqplib';
import { closeChannel } from './connect.ts';

export type ExchangeTopology = {
  readonly name: string;
  readonly type: string;
  /** Owned by another service: it must exist and is not declared here. */
  readonly isForeign?: boolean;
};

export type QueueTopology = {
  readonly name: string;
  readonly routingKeys: readonly string[];
  readonly deadLetterExchange: string;
  readonly deadQueue: string;
  /** Redeliveries after which the broker dead-letters a message. */
  readonly deliveryLimit: number;
};

/** Queues are named `<service>.<event>`. */
export const serviceOf = (queue: string): string => queue.split('.')[0] ?? queue;

/** What a service declares at the broker: the exchange of all events, and its queues. */
export type Topology = { readonly exchange: ExchangeTopology; readonly queues: readonly QueueTopology[] };

/** RabbitMQ 4 drops a message after 20 redeliveries if its queue has no dead-letter exchange and no limit of its own; 3.x has no limit. */
const NO_DELIVERY_LIMIT = 1_000_000_000;

const quorum = { 'x-queue-type': 'quorum' };

/** Declares everything, idempotently, on a channel of its own: a refused declaration closes that channel only. */
export const declareTopology = async (connection: ChannelModel, { exchange, queues }: Topology): Promise<void> => {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined); // the pending call rejects with the same error
  if (exchange.isForeign) await channel.checkExchange(exchange.name);
  else await channel.assertExchange(exchange.name, exchange.type, { durable: true });
  for (const queue of queues) {
    await channel.assertExchange(queue.deadLetterExchange, 'direct', { durable: true });
    await channel.assertQueue(queue.deadQueue, {
      durable: true,
      arguments: { ...quorum, 'x-delivery-limit': NO_DELIVERY_LIMIT },
    });
    await channel.bindQueue(queue.deadQueue, queue.deadLetterExchange, queue.name);
    await channel.assertQueue(queue.name, { durable: true, arguments: queueArguments(queue) });
    for (const key of queue.routingKeys) await channel.bindQueue(queue.name, exchange.name, key);
  }
  await closeChannel(channel);
};

// at-least-once dead-lettering requires reject-publish: a queue that drops its head could lose what it dead-letters
const queueArguments = (queue: QueueTopology) => ({
  ...quorum,
  'x-delivery-limit': queue.deliveryLimit,
  'x-dead-letter-exchange': queue.deadLetterExchange,
  'x-dead-letter-routing-key': queue.name,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
});
