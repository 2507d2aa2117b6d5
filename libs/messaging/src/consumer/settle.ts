import type { ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import type { Database } from '@mentor-sessions/service-kit/database';
import {
  contextOf,
  readTraceparent,
  SpanKind,
  SpanStatusCode,
  traceIdOf,
  traceparentOf,
  tracer,
} from '@mentor-sessions/service-kit/tracing';
import { loggableId } from '../inbox/dead-letters.ts';
import { DeadLetterNotStored } from '../inbox/faults.ts';
import { inboxOf, type Inbox } from '../inbox/inbox.ts';
import type { Message, Subscription, Rejection } from '../inbox/message.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { handleBatch, type BatchResult } from './handle-batch.ts';

/** A message and all its copies of one batch: they share one outcome. */
export type ReceivedMessage<Data> = { readonly message: Message<Data>; readonly deliveries: ConsumeMessage[] };

/**
 * The messages of some letters, to be handled now, each with a span that its effects continue. The header says where it
 * was published, the event what caused it.
 */
const traced = <Data>(letters: readonly ReceivedMessage<Data>[], queue: string) => {
  const begun = letters.map(({ message, deliveries: [delivery] }) => {
    const headers = (delivery?.properties.headers ?? {}) as { traceparent?: unknown };
    const parent = readTraceparent(headers.traceparent) ?? readTraceparent(message.traceparent);
    const options = { kind: SpanKind.CONSUMER, attributes: about(message, queue) };
    const span = tracer.startSpan(`process ${message.type}`, options, contextOf(parent));
    return { message: { ...message, traceparent: traceparentOf(span) }, span };
  });
  return {
    messages: begun.map(({ message }) => message),
    end: (error?: unknown): void => {
      for (const { span } of begun) {
        const message = error instanceof Error ? error.message : JSON.stringify(error);
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message });
        span.end();
      }
    },
  };
};

const about = ({ id, correlationId }: Message, queue: string) => ({
  'messaging.destination.name': queue,
  'messaging.message.id': id,
  'messaging.message.conversation_id': correlationId,
});

/** For logs. */
const traceIdOfMessage = ({ traceparent }: Message): string | undefined => traceIdOf(readTraceparent(traceparent));

export type SettleOptions<Data> = {
  readonly database: Database | Inbox;
  readonly subscription: Subscription<Data>;
  readonly metrics: ConsumerMetrics;
  readonly log: Logger;
  /** Called after a commit in which something was handled, with how many. */
  readonly onCommitted: (handled: number) => void;
};

/** Handles letters in one transaction and keeps those that the handler or the inbox refuses. */
export const settleTogether = async <Data>(
  letters: readonly ReceivedMessage<Data>[],
  settling: SettleOptions<Data>,
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
  letter: ReceivedMessage<Data>,
  failure: { error: unknown; attempts: number },
  settling: SettleOptions<Data>,
): Promise<void> => {
  const { message } = letter;
  const dead = { reason: 'handler-failed', detail: String(failure.error), message };
  for (const [copy, delivery] of letter.deliveries.entries()) {
    await keepDeadLetter(settling, { delivery, attempts: copy === 0 ? failure.attempts : 0, ...dead });
  }
};

const keepRejected = async <Data>(
  letters: readonly ReceivedMessage<Data>[],
  { message, reason, detail }: Rejection,
  settling: SettleOptions<Data>,
): Promise<void> => {
  const letter = letters.find((candidate) => candidate.message.id === message.id);
  for (const delivery of letter?.deliveries ?? [])
    await keepDeadLetter(settling, { delivery, reason, detail, message, attempts: 0 });
};

export type PoisonMessage = {
  readonly delivery: ConsumeMessage;
  readonly reason: string;
  readonly detail: string;
  readonly attempts: number;
  /** As far as it could be read. */
  readonly message?: Message;
};

export const keepDeadLetter = async <Data>(
  settling: SettleOptions<Data>,
  { message, ...dead }: PoisonMessage,
): Promise<void> => {
  const { database, subscription, metrics, log } = settling;
  const queue = subscription.queue.name;
  const { id: deadLetterId } = await inboxOf(database)
    .keepDeadLetter({ ...dead, queue })
    .catch((cause: unknown) => {
      throw new DeadLetterNotStored(cause);
    });
  // fault point: consumer.dead-lettered
  const messageId = loggableId(dead.delivery.properties.messageId);
  const ids = message ? idsOf(message, subscription) : {};
  log.error({ deadLetterId, messageId, ...ids, queue, reason: dead.reason }, 'message kept as a dead letter');
  metrics.dead(dead.reason);
};

const count = <Data>(
  { metrics, subscription, log }: SettleOptions<Data>,
  { handled, rejections }: BatchResult,
  letters: readonly ReceivedMessage<Data>[],
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
