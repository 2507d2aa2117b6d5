import { readTraceparent, startSpan, traceIdOf } from '@mentor-sessions/service-kit/tracing';
import type { Letter } from './letter.ts';
import type { Message } from './message.ts';

/**
 * The messages of some letters, to be handled now. While traces are made each has a span, and what it causes goes on
 * from there; the header says where it was published, the event what caused it.
 */
export const traced = <Data>(letters: readonly Letter<Data>[], queue: string) => {
  const begun = letters.map(({ message, deliveries: [delivery] }) => {
    const headers = (delivery?.properties.headers ?? {}) as { traceparent?: unknown };
    const parent = readTraceparent(headers.traceparent) ?? readTraceparent(message.traceparent);
    const span = startSpan(`process ${message.type}`, () => ({
      kind: 'consumer',
      parent,
      attributes: about(message, queue),
    }));
    return { message: { ...message, traceparent: span?.traceparent ?? parent }, span };
  });
  return {
    messages: begun.map(({ message }) => message),
    end: (error?: unknown): void => begun.forEach(({ span }) => span?.end(error === undefined ? {} : { error })),
  };
};

const about = ({ id, correlationId }: Message, queue: string) => ({
  'messaging.destination.name': queue,
  'messaging.message.id': id,
  'messaging.message.conversation_id': correlationId,
});

/** For logs. */
export const traceIdOfMessage = ({ traceparent }: Message): string | undefined =>
  traceIdOf(readTraceparent(traceparent));
