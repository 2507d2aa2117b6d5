import type { Channel, ChannelModel } from 'amqplib';
import { dropConnection, openConnection } from './connect.ts';

/** The broker as an operator's tool uses it: it declares nothing. */
export type OperatorBroker = {
  /** `null` for a queue that does not exist. */
  readQueues(names: readonly string[]): Promise<{ name: string; ready: number | null; consumers: number | null }[]>;
  openSender(options: SenderOptions): Promise<QueueSender>;
  isOpen(): boolean;
  close(): Promise<void>;
};

type SenderOptions = {
  readonly queue: string;
  readonly type: string;
  readonly contentType: string;
  /** The sender that the messages claim; the broker accepts another than the logged-in user from users with the tag `impersonator` only. */
  readonly userId: string;
};

type QueueSender = {
  /** In order; resolves when the broker has confirmed all, rejects when it refused one or the queue does not exist. */
  send(messages: readonly { readonly messageId: string; readonly body: Buffer }[]): Promise<void>;
  close(): Promise<void>;
};

/** Throws when no node can be reached. After a lost connection later calls throw: open another. */
export const openOperatorBroker = async (urls: readonly string[]): Promise<OperatorBroker> => {
  const connection = await openConnection({ urls, name: 'operator' }, new AbortController().signal);
  let isOpen = true;
  connection.on('error', () => undefined); // 'close' follows
  connection.on('close', () => (isOpen = false));
  return {
    readQueues: (names) => Promise.all(names.map((queue) => readQueue(connection, queue))),
    openSender: (options) => openSender(connection, options),
    isOpen: () => isOpen,
    close: () => dropConnection(connection),
  };
};

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
const openSender = async (
  connection: ChannelModel,
  { queue, type, contentType, userId }: SenderOptions,
): Promise<QueueSender> => {
  const channel = await connection.createConfirmChannel();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  channel.on('error', failed.reject);
  channel.on('close', () => failed.reject(new Error('the channel is closed')));
  channel.on('return', () => failed.reject(new Error(`queue ${queue} does not exist`)));
  const properties = { type, contentType, userId, persistent: true, mandatory: true };
  return {
    send: async (messages) => {
      for (const { messageId, body } of messages) channel.sendToQueue(queue, body, { ...properties, messageId });
      await Promise.race([failed.promise, channel.waitForConfirms()]);
    },
    close: () => channel.close().catch(() => undefined), // already closed by the broker, and reported
  };
};
