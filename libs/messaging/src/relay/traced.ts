import { readTraceparent, startSpan } from '@mentor-sessions/service-kit/tracing';
import type { OutboxRow } from './outbox-row.ts';
import type { PublishOutcome } from './outcome.ts';
import type { Publisher } from './publisher.ts';

/** Publishes a row; while traces are made, its wait in the outbox and its way to the broker are spans of what caused it. */
export const publishTraced = async (
  { publish }: Pick<Publisher, 'publish'>,
  row: OutboxRow,
  body: Buffer,
): Promise<PublishOutcome> => {
  const message = { messageId: row.message_id, routingKey: row.type, body, isSuspect: row.attempts > 0 };
  const attributes = { 'messaging.message.id': row.message_id };
  const waited = startSpan(`outbox ${row.type}`, () => ({ kind: 'internal', attributes, ...originOf(body) }));
  if (!waited) return publish(message);
  waited.end();
  const { traceparent: parent } = waited;
  const publishing = startSpan(`publish ${row.type}`, () => ({ kind: 'producer', attributes, parent }));
  const traceparent = publishing?.traceparent ?? parent;
  const outcome = await publish({ ...message, headers: { traceparent } });
  const isThere = outcome === 'confirmed' || outcome === 'returned';
  publishing?.end(isThere ? { attributes: { outcome } } : { error: String(outcome) });
  return outcome;
};

const originOf = (body: Buffer) => {
  const { traceparent, time } = JSON.parse(body.toString()) as { traceparent?: unknown; time: string };
  return { parent: readTraceparent(traceparent), startedAt: new Date(time) };
};
