import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import { bookingAcceptedQueue, eventsExchange, sessionEventsQueue } from '@mentor-sessions/contracts';
import type { Copy, QueueDepth } from './evidence.ts';

const queue = 'spy.everything';
const watched = [bookingAcceptedQueue, sessionEventsQueue].flatMap(({ name, deadQueue }) => [name, deadQueue]);

/** Connects to the first available node of a list. */
const connectToOne = async (amqpUrls: string): Promise<ChannelModel> => {
  const attempts = amqpUrls.split(',').map((url) => () => connect(url, { noDelay: true, timeout: 5_000 }));
  for (const attempt of attempts.slice(0, -1)) {
    const connection = await attempt().catch(() => null);
    if (connection) return connection;
  }
  return (attempts.at(-1) as () => Promise<ChannelModel>)();
};

/** Runs `work` with a channel of the administrator. */
export const withChannel = async <T>(amqpUrl: string, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> => {
  const connection = await connectToOne(amqpUrl);
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return await work(channel);
  } finally {
    await connection.close().catch(() => undefined);
  }
};

const copyOf = ({ content }: ConsumeMessage): Copy => {
  const body = content.toString();
  const { id, type, subject, sequence } = JSON.parse(body) as Omit<Copy, 'body'>;
  return { id, type, subject, sequence, body };
};

/** Keeps a copy of every published message in a durable queue until the end of the run. */
export const bindSpy = (amqpUrl: string): Promise<void> =>
  withChannel(amqpUrl, async (channel) => {
    await channel.assertExchange(eventsExchange.name, 'topic', { durable: true });
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    await channel.bindQueue(queue, eventsExchange.name, '#');
  });

/** For faults in which only the sessions service may be bound. */
export const unbindSpy = (amqpUrl: string): Promise<void> =>
  withChannel(amqpUrl, async (channel) => void (await channel.unbindQueue(queue, eventsExchange.name, '#')));

const isEvent = ({ properties }: ConsumeMessage): boolean => properties.headers?.['x-hostile'] === undefined;

/** The messages in the spy's queue, in order, without those that the test marked as hostile. */
export const readSpy = (amqpUrl: string): Promise<Copy[]> =>
  withChannel(amqpUrl, async (channel) => {
    const { messageCount } = await channel.checkQueue(queue);
    const all = Promise.withResolvers<Copy[]>();
    const messages: ConsumeMessage[] = [];
    const take = (message: ConsumeMessage | null): void => {
      if (!message) return all.reject(new Error('the spy’s queue is gone'));
      messages.push(message);
      if (messages.length === messageCount) all.resolve(messages.filter(isEvent).map(copyOf));
    };
    if (messageCount === 0) return [];
    await channel.consume(queue, take, { noAck: true });
    return all.promise;
  });

/** Ready messages; unacknowledged ones return when their consumer ends. */
export const queueDepths = (amqpUrl: string): Promise<QueueDepth[]> =>
  withChannel(amqpUrl, async (channel) => {
    const depths: QueueDepth[] = [];
    for (const name of watched) depths.push({ queue: name, messages: (await channel.checkQueue(name)).messageCount });
    return depths;
  });

/** The current state of a queue (the management plugin's is seconds old); null: it does not exist. */
export const stateOf = (amqpUrl: string, name: string): Promise<{ ready: number; consumers: number } | null> =>
  withChannel(amqpUrl, async (channel) => {
    const { messageCount: ready, consumerCount: consumers } = await channel.checkQueue(name);
    return { ready, consumers };
  }).catch(() => null);

/** Receives every message of the queue and disconnects without settling any; returns their highest delivery count. */
export const takeAllAndDie = (amqpUrl: string, name: string): Promise<number> =>
  withChannel(amqpUrl, async (channel) => {
    const { messageCount } = await channel.checkQueue(name);
    if (messageCount === 0) return 0;
    const all = Promise.withResolvers<number>();
    const counts: number[] = [];
    await channel.consume(name, (message) => {
      counts.push(Number(message?.properties.headers?.['x-delivery-count'] ?? 0));
      if (counts.length === messageCount) all.resolve(Math.max(...counts));
    });
    return all.promise;
  });
