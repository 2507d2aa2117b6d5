import type { Channel, ChannelModel } from 'amqplib';
import { traceHeaders } from '@mentor-sessions/service-kit/tracing';
import { dropConnection, openConnection } from './connect.ts';

type SenderOptions = {
  readonly queue: string;
  readonly type: string;
  readonly contentType: string;
  /** The sender that the messages claim; the broker accepts another than the logged-in user from users with the tag `impersonator` only. */
  readonly userId: string;
};

type QueuedMessage = { readonly messageId: string; readonly body: Buffer };

/**
 * The broker as an operator's tool uses it: it declares nothing. Throws when no node can be reached. After a lost connection
 * later calls throw: open another.
 */
export const openOperatorBroker = async (urls: readonly string[]) => {
  const connection = await openConnection({ urls, name: 'operator' }, new AbortController().signal);
  let isOpen = true;
  connection.on('error', () => undefined); // 'close' follows
  connection.on('close', () => (isOpen = false));
  return {
    readQueues: (names: readonly string[]) => Promise.all(names.map((queue) => readQueue(connection, queue))),
    openSender: (options: SenderOptions) => openSender(connection, options),
    isOpen: () => isOpen,
    close: () => dropConnection(connection),
  };
};

export type OperatorBroker = Awaited<ReturnType<typeof openOperatorBroker>>;

/** Counts are null if the queue does not exist. */
const readQueue = async (connection: ChannelModel, name: string) => {
  const channel: Channel = await connection.createChannel(); // its own: checking a missing queue closes it
  channel.on('error', () => undefined); // the pending call rejects with the same error
  try {
    const { messageCount, consumerCount } = await channel.checkQueue(name);
    await channel.close();
    return { name, ready: messageCount, consumers: consumerCount };
  } catch (error) {
    if ((error as { code?: number }).code === 404) return { name, ready: null, consumers: null };
    throw error;
  }
};

/** Publishes to one queue through the default exchange, so that no other queue gets the messages. */
const openSender = async (connection: ChannelModel, { queue, type, contentType, userId }: SenderOptions) => {
  const channel = await connection.createConfirmChannel();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  channel.on('error', failed.reject);
  channel.on('close', () => failed.reject(new Error('the channel is closed')));
  channel.on('return', () => failed.reject(new Error(`queue ${queue} does not exist`)));
  const properties = { type, contentType, userId, persistent: true, mandatory: true };
  return {
    /** In order; resolves when the broker has confirmed all, rejects when it refused one or the queue does not exist. */
    send: async (messages: readonly QueuedMessage[]): Promise<void> => {
      for (const { messageId, body } of messages)
        channel.sendToQueue(queue, body, { ...properties, messageId, headers: traceHeaders(body) });
      await Promise.race([failed.promise, channel.waitForConfirms()]);
    },
    close: () => channel.close().catch(() => undefined), // already closed by the broker, and reported
  };
};
