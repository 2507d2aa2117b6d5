import {
  contextOf,
  readTraceparent,
  SpanKind,
  SpanStatusCode,
  traceIdOf,
  traceparentOf,
  tracer,
} from '@mentor-sessions/service-kit/tracing';
import type { Letter } from './letter.ts';
import type { Message } from './message.ts';

/**
 * The messages of some letters, to be handled now, each with a span that its effects continue. The header says where it
 * was published, the event what caused it.
 */
export const traced = <Data>(letters: readonly Letter<Data>[], queue: string) => {
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
export const traceIdOfMessage = ({ traceparent }: Message): string | undefined =>
  traceIdOf(readTraceparent(traceparent));
