import type { ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import type { Database } from '@mentor-sessions/service-kit/database';
import { loggableId } from '../dead-letters/loggable-id.ts';
import type { ConsumerMetrics } from '../metrics/consumer-metrics.ts';
import { handleBatch, type BatchResult } from './handle-batch.ts';
import { inboxOf, type Inbox } from './inbox-port.ts';
import type { Letter } from './letter.ts';
import type { Message, Subscription } from './message.ts';
import type { Rejection } from './rejected.ts';
import { traced, traceIdOfMessage } from './traced.ts';
import { NotKept } from './trouble.ts';

export type Settling<Data> = {
  readonly database: Database | Inbox;
  readonly subscription: Subscription<Data>;
  readonly metrics: ConsumerMetrics;
  readonly log: Logger;
  /** Called after a commit in which something was handled, with how many. */
  readonly onCommitted: (handled: number) => void;
};

/** Handles letters in one transaction and keeps those that the handler or the inbox refuses. */
export const settleTogether = async <Data>(
  letters: readonly Letter<Data>[],
  settling: Settling<Data>,
): Promise<void> => {
  const { database, subscription, onCommitted } = settling;
  const { messages, end } = traced(letters, subscription.queue.name);
  const result = await handleBatch(database, subscription, messages).catch((error: unknown) => {
    end(error);
    throw error;
  });
  end();
  // fault point: consumer.committed
  if (result.handled.length > 0) onCommitted(result.handled.length);
  count(settling, result, letters);
  for (const rejection of result.rejections) await keepRejected(letters, rejection, settling);
};

/** Keeps a letter whose handler failed as often as it may. */
export const keepFailed = async <Data>(
  letter: Letter<Data>,
  failure: { error: unknown; attempts: number },
  settling: Settling<Data>,
): Promise<void> => {
  const { message } = letter;
  const dead = { reason: 'handler-failed', detail: String(failure.error), message };
  for (const [copy, delivery] of letter.deliveries.entries()) {
    await keep(settling, { delivery, attempts: copy === 0 ? failure.attempts : 0, ...dead });
  }
};

const keepRejected = async <Data>(
  letters: readonly Letter<Data>[],
  { message, reason, detail }: Rejection,
  settling: Settling<Data>,
): Promise<void> => {
  const letter = letters.find((candidate) => candidate.message.id === message.id);
  for (const delivery of letter?.deliveries ?? [])
    await keep(settling, { delivery, reason, detail, message, attempts: 0 });
};

export type Dead = {
  readonly delivery: ConsumeMessage;
  readonly reason: string;
  readonly detail: string;
  readonly attempts: number;
  /** As far as it could be read. */
  readonly message?: Message;
};

export const keep = async <Data>(settling: Settling<Data>, { message, ...dead }: Dead): Promise<void> => {
  const { database, subscription, metrics, log } = settling;
  const queue = subscription.queue.name;
  const { id: deadLetterId } = await inboxOf(database)
    .keep({ ...dead, queue })
    .catch((cause: unknown) => {
      throw new NotKept(cause);
    });
  // fault point: consumer.dead-lettered
  const messageId = loggableId(dead.delivery.properties.messageId);
  const ids = message ? idsOf(message, subscription) : {};
  log.error({ deadLetterId, messageId, ...ids, queue, reason: dead.reason }, 'message kept as a dead letter');
  metrics.dead(dead.reason);
};

const count = <Data>(
  { metrics, subscription, log }: Settling<Data>,
  { handled, rejections }: BatchResult,
  letters: readonly Letter<Data>[],
): void => {
  const rejected = new Set(rejections.map(({ message }) => message.id)); // counted when they are kept, with every copy
  const accepted = letters.filter(({ message }) => !rejected.has(message.id));
  const deliveries = accepted.reduce((sum, letter) => sum + letter.deliveries.length, 0);
  handled.forEach(metrics.handled);
  if (log.isLevelEnabled('debug'))
    for (const message of handled) log.debug(idsOf(message, subscription), 'message handled');
  metrics.duplicates(deliveries - handled.length);
};

const idsOf = <Data>(message: Message, { describe }: Subscription<Data>) => ({
  messageId: message.id,
  type: message.type,
  traceId: traceIdOfMessage(message),
  ...describe?.(message as Message<Data>),
});
