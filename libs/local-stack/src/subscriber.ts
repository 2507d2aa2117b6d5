import { connect } from 'amqplib';
import type { ConsumeMessage, Options } from 'amqplib';

export type ReceivedMessage = {
  readonly routingKey: string;
  readonly content: Buffer;
  readonly properties: Options.Publish;
  /** The body as JSON. */
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly subject: string;
    readonly data: Record<string, unknown>;
  };
};
export type Subscription = {
  readonly queue: string;
  readonly routingKeys: readonly string[];
  /** The queue is deleted with the connection. */
  readonly isPassing?: boolean;
};

const exchange = 'mentoring.events';

const read = ({ fields, properties, content }: ConsumeMessage): ReceivedMessage => ({
  routingKey: fields.routingKey,
  content,
  properties,
  event: JSON.parse(content.toString()) as ReceivedMessage['event'],
});

/** As any other service does it: a durable queue of its own, bound to the events that it wants. */
export const subscribe = async (amqpUrl: string, { queue, routingKeys, isPassing = false }: Subscription) => {
  const connection = await connect(amqpUrl, { noDelay: true });
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  await channel.assertExchange(exchange, 'topic', { durable: true });
  await channel.assertQueue(
    queue,
    isPassing ? { exclusive: true, durable: false } : { durable: true, arguments: { 'x-queue-type': 'quorum' } },
  );
  for (const key of routingKeys) await channel.bindQueue(queue, exchange, key);
  const received: ReceivedMessage[] = [];
  await channel.consume(queue, (message) => {
    if (!message) return;
    received.push(read(message));
    channel.ack(message);
  });
  return {
    /** In order of arrival, copies included; grows while it consumes. */
    received: received as readonly ReceivedMessage[],
    close: () => connection.close(),
  };
};

export type Subscriber = Awaited<ReturnType<typeof subscribe>>;

/** Publishes the same message again, sender included, which only the development administrator may do. */
export const publishAgain = async (amqpUrl: string, message: ReceivedMessage): Promise<void> => {
  const connection = await connect(amqpUrl, { noDelay: true });
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createConfirmChannel();
    channel.publish(exchange, message.routingKey, message.content, { ...message.properties, mandatory: true });
    await channel.waitForConfirms();
  } finally {
    await connection.close();
  }
};
