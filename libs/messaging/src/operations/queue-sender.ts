import type { ChannelModel } from 'amqplib';

export type SentTo = {
  readonly queue: string;
  readonly type: string;
  readonly contentType: string;
  /** Whom the messages come from; the broker takes it from users with the tag `impersonator` only. */
  readonly userId: string;
};

export type QueueSender = {
  /** In order; resolves when the broker has all of them, rejects when one was refused or there is no such queue. */
  send(messages: readonly { readonly messageId: string; readonly body: Buffer }[]): Promise<void>;
  close(): Promise<void>;
};

/** Publishes to one queue through the default exchange: the exchange of events, and who is bound to it, see nothing of it. */
export const openQueueSender = async (
  connection: ChannelModel,
  { queue, type, contentType, userId }: SentTo,
): Promise<QueueSender> => {
  const channel = await connection.createConfirmChannel();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  channel.on('error', failed.reject);
  channel.on('close', () => failed.reject(new Error('the channel is closed')));
  channel.on('return', () => failed.reject(new Error(`there is no queue ${queue}`)));
  const properties = { type, contentType, userId, persistent: true, mandatory: true };
  return {
    send: async (messages) => {
      for (const { messageId, body } of messages) channel.sendToQueue(queue, body, { ...properties, messageId });
      await Promise.race([failed.promise, channel.waitForConfirms()]);
    },
    close: () => channel.close().catch(() => undefined), // closed by the broker already, which was said
  };
};
