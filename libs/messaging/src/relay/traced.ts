import {
  contextOf,
  isTracing,
  readTraceparent,
  SpanKind,
  SpanStatusCode,
  traceparentOf,
  tracer,
} from '@mentor-sessions/service-kit/tracing';
import type { OutboxRow } from './outbox-row.ts';
import type { PublishOutcome } from './outcome.ts';
import type { Publisher } from './publisher.ts';

/** Publishes a row. With tracing, its wait in the outbox and its publication are spans of what caused it. */
export const publishTraced = async (
  { publish }: Pick<Publisher, 'publish'>,
  row: OutboxRow,
  body: Buffer,
): Promise<PublishOutcome> => {
  const message = { messageId: row.message_id, routingKey: row.type, body, isSuspect: row.attempts > 0 };
  if (!isTracing()) return publish(message); // the body is read for its trace alone
  const attributes = { 'messaging.message.id': row.message_id };
  const { parent, startTime } = originOf(body);
  const waited = tracer.startSpan(`outbox ${row.type}`, { attributes, startTime }, contextOf(parent));
  waited.end();
  const kind = SpanKind.PRODUCER;
  const publishing = tracer.startSpan(`publish ${row.type}`, { kind, attributes }, contextOf(traceparentOf(waited)));
  const outcome = await publish({ ...message, headers: { traceparent: traceparentOf(publishing) } });
  if (outcome === 'confirmed' || outcome === 'returned') publishing.setAttributes({ outcome });
  else publishing.setStatus({ code: SpanStatusCode.ERROR, message: String(outcome) });
  publishing.end();
  return outcome;
};

const originOf = (body: Buffer) => {
  const { traceparent, time } = JSON.parse(body.toString()) as { traceparent?: unknown; time: string };
  return { parent: readTraceparent(traceparent), startTime: new Date(time) };
};
