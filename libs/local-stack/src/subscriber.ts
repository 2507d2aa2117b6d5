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
export type Subscriber = {
  /** What came, in order, copies included; grows while it listens. */
  readonly received: readonly ReceivedMessage[];
  close(): Promise<void>;
};
export type Subscription = {
  readonly queue: string;
  readonly routingKeys: readonly string[];
  readonly exchange?: string;
  /** The queue goes with the connection, and leaves nothing behind. */
  readonly isPassing?: boolean;
};

const withoutUndefined = (properties: object): Options.Publish =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));

const read = ({ fields, properties, content }: ConsumeMessage): ReceivedMessage => ({
  routingKey: fields.routingKey,
  content,
  properties: withoutUndefined(properties),
  event: JSON.parse(content.toString()) as ReceivedMessage['event'],
});

/** What any other service does: a durable queue of its own, bound to the events that it wants. */
export const subscribe = async (
  amqpUrl: string,
  { queue, routingKeys, exchange = 'mentoring.events', isPassing = false }: Subscription,
): Promise<Subscriber> => {
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
  const take = (message: ConsumeMessage | null): void => {
    if (!message) return;
    received.push(read(message));
    channel.ack(message);
  };
  await channel.consume(queue, take);
  return { received, close: () => connection.close() };
};

/** Publishes the very same message once more, sender included: only the development administrator may. */
export const publishAgain = async (
  amqpUrl: string,
  message: ReceivedMessage,
  exchange = 'mentoring.events',
): Promise<void> => {
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
