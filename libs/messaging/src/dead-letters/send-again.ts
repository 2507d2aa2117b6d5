import type { ConfirmChannel, ConsumeMessage, Options } from 'amqplib';
import { serviceOf } from '../broker/topology.ts';
import { senderOf } from '../consumer/read-delivery.ts';

/** Written by the broker or by a subscriber when they gave the message up. */
const ofDeath = /^x-(death|first-death|last-death|reason$|detail$|attempts$|delivery-count$)/;

/**
 * Sends a message to the queue that it was in, and to no other. As the subscriber's own user, which may not claim another:
 * the broker vouches for it, and it vouches for the sender in x-sent-by.
 */
export const sendAgain = async (
  channel: ConfirmChannel,
  message: ConsumeMessage,
  { queue, user }: { readonly queue: string; readonly user: string },
): Promise<void> => {
  const { content, properties } = message;
  const [exchange, key] = [`${serviceOf(queue)}.dead`, `${queue}.again`];
  await channel.bindQueue(queue, exchange, key);
  const { messageId, type, contentType } = properties as Options.Publish;
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !ofDeath.test(name));
  const sentBy = senderOf(message, user);
  const headers = { ...Object.fromEntries(kept), 'x-sent-by': sentBy };
  const same = { messageId, type, contentType } as Options.Publish;
  channel.publish(exchange, key, content, { ...same, userId: user, persistent: true, headers });
  await channel.waitForConfirms();
};
