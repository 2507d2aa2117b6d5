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
  tracer as globalTracer,
  within,
  type Tracer,
} from '@mentor-sessions/service-kit/tracing';
import { readableError } from '@mentor-sessions/service-kit/readable-error';
import { loggableId, type DeadLetter } from '../inbox/dead-letters.ts';
import { DeadLetterNotStored } from '../inbox/faults.ts';
import { inboxOf, type Inbox } from '../inbox/inbox.ts';
import type { Message, Subscription } from '../inbox/message.ts';
import type { ConsumerMetrics } from './consumer-metrics.ts';
import { handleBatch, type BatchResult } from './handle-batch.ts';

export type SettleOptions<Data> = {
  readonly database: Database | Inbox;
  readonly subscription: Subscription<Data>;
  readonly metrics: ConsumerMetrics;
  readonly log: Logger;
  /** Called after a commit in which messages were handled, with their number. */
  readonly onCommitted?: ((handled: number) => void) | undefined;
  /** Default: that of the global provider. */
  readonly tracer?: Tracer | undefined;
};

/** A message and its copies in one batch: they have one outcome. */
export type ReceivedMessage<Data> = { readonly message: Message<Data>; readonly deliveries: ConsumeMessage[] };

/** A delivery that is to be stored as a dead letter, with its message if it is valid. */
export type PoisonMessage = Omit<DeadLetter, 'queue'> & { readonly message?: Message };

/** Handles messages in one transaction, and dead-letters those that the handler or the inbox rejects. */
export const settleTogether = async <Data>(
  received: readonly ReceivedMessage<Data>[],
  options: SettleOptions<Data>,
): Promise<void> => {
  const { database, subscription, onCommitted, tracer = globalTracer } = options;
  const { messages, span, end } = startSpans(received, subscription.queue.name, tracer);
  const result = await within(span, () => handleBatch(database, subscription, messages)).catch((error: unknown) => {
    end(error);
    throw error;
  });
  end();
  // fault point: consumer.committed
  if (result.handled.length > 0) onCommitted?.(result.handled.length);
  count(result, received, options);
  for (const { message, reason, detail } of result.rejections) {
    const copies = received.find((candidate) => candidate.message.id === message.id)?.deliveries ?? [];
    for (const delivery of copies) await deadLetter({ delivery, reason, detail, message, attempts: 0 }, options);
  }
};

/** Dead-letters a message whose retries are used up. */
export const deadLetterFailed = async <Data>(
  { message, deliveries }: ReceivedMessage<Data>,
  { error, attempts }: { readonly error: unknown; readonly attempts: number },
  options: SettleOptions<Data>,
): Promise<void> => {
  const failed = { reason: 'handler-failed', detail: readableError(error), message };
  for (const [copy, delivery] of deliveries.entries())
    await deadLetter({ delivery, attempts: copy === 0 ? attempts : 0, ...failed }, options);
};

export const deadLetter = async <Data>(
  { message, ...poison }: PoisonMessage,
  { database, subscription, metrics, log }: SettleOptions<Data>,
): Promise<void> => {
  const queue = subscription.queue.name;
  const { id: deadLetterId } = await inboxOf(database)
    .keepDeadLetter({ ...poison, queue })
    .catch((cause: unknown) => {
      throw new DeadLetterNotStored(cause);
    });
  // fault point: consumer.dead-lettered
  const messageId = loggableId(poison.delivery.properties.messageId);
  const ids = message ? idsOf(message, subscription) : {};
  log.error({ deadLetterId, messageId, ...ids, queue, reason: poison.reason }, 'message dead-lettered');
  metrics.dead(poison.reason);
};

const count = <Data>(
  { handled, rejections }: BatchResult,
  received: readonly ReceivedMessage<Data>[],
  { metrics, subscription, log }: SettleOptions<Data>,
): void => {
  const rejected = new Set(rejections.map(({ message }) => message.id)); // counted as dead letters, with every copy
  const accepted = received.filter(({ message }) => !rejected.has(message.id));
  const deliveries = accepted.reduce((sum, { deliveries: copies }) => sum + copies.length, 0);
  handled.forEach(metrics.handled);
  if (log.isLevelEnabled('debug'))
    for (const message of handled) log.debug(idsOf(message, subscription), 'message handled');
  metrics.duplicates(deliveries - handled.length);
};

const idsOf = <Data>(message: Message, { describe }: Subscription<Data>) => ({
  messageId: message.id,
  type: message.type,
  traceId: traceIdOf(readTraceparent(message.traceparent)),
  ...describe?.(message as Message<Data>),
});

/** Starts a span for each message, and returns the messages with it as their trace: what they cause continues there. The parent is the span in the header (where it was published), or else the one in the event (what caused it). */
const startSpans = <Data>(received: readonly ReceivedMessage<Data>[], queue: string, tracer: Tracer) => {
  const started = received.map(({ message, deliveries: [delivery] }) => {
    const headers = (delivery?.properties.headers ?? {}) as { traceparent?: unknown };
    const parent = readTraceparent(headers.traceparent) ?? readTraceparent(message.traceparent);
    const attributes = {
      'messaging.destination.name': queue,
      'messaging.message.id': message.id,
      'messaging.message.conversation_id': message.correlationId,
    };
    const kind = SpanKind.CONSUMER;
    const span = tracer.startSpan(`process ${message.type}`, { kind, attributes }, contextOf(parent));
    return { message: { ...message, traceparent: traceparentOf(span) }, span };
  });
  return {
    messages: started.map(({ message }) => message),
    /** Of the only message: what the handler does belongs to it. */
    span: started.length === 1 ? started[0]?.span : undefined,
    end: (error?: unknown): void => {
      for (const { span } of started) {
        const message = error instanceof Error ? error.message : JSON.stringify(error);
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message });
        span.end();
      }
    },
  };
};
