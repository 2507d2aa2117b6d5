import type { Channel, ChannelModel } from 'amqplib';
import { dropConnection, openConnection } from '../broker/connect.ts';
import { openQueueSender, type QueueSender, type SentTo } from './queue-sender.ts';

/** The broker as an operator's tool uses it: it declares nothing. */
export type OperatorBroker = {
  /** `null` for a queue that does not exist. */
  readQueues(names: readonly string[]): Promise<{ name: string; ready: number | null; consumers: number | null }[]>;
  openSender(to: SentTo): Promise<QueueSender>;
  isOpen(): boolean;
  close(): Promise<void>;
};

const isMissing = (error: unknown): boolean => (error as { code?: number }).code === 404;

const openChannel = async (connection: ChannelModel): Promise<Channel> => {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined); // the pending call rejects with the same error
  return channel;
};

const readQueue = async (connection: ChannelModel, name: string) => {
  const channel = await openChannel(connection); // of its own: asking for a queue that is missing closes it
  try {
    const { messageCount, consumerCount } = await channel.checkQueue(name);
    await channel.close();
    return { name, ready: messageCount, consumers: consumerCount };
  } catch (error) {
    if (isMissing(error)) return { name, ready: null, consumers: null };
    throw error;
  }
};

/** Throws when no node can be reached. A lost connection makes later calls throw: open another. */
export const openOperatorBroker = async (urls: readonly string[], name = 'operator'): Promise<OperatorBroker> => {
  const connection = await openConnection({ urls, name }, new AbortController().signal);
  let open = true;
  connection.on('error', () => undefined); // 'close' follows
  connection.on('close', () => (open = false));
  return {
    openSender: (to) => openQueueSender(connection, to),
    isOpen: () => open,
    readQueues: (names) => Promise.all(names.map((queue) => readQueue(connection, queue))),
    close: () => dropConnection(connection),
  };
};
