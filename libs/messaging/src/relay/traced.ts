import { readTraceparent, startSpan } from '@mentor-sessions/service-kit/tracing';
import type { OutboxRow } from './outbox-row.ts';
import type { Publisher, PublishOutcome } from './publisher.ts';

/** Publishes a row; while traces are made, its wait in the outbox and its way to the broker are spans of what caused it. */
export const publishTraced = async (
  { publish }: Pick<Publisher, 'publish'>,
  row: OutboxRow,
  body: Buffer,
): Promise<PublishOutcome> => {
  const message = { messageId: row.message_id, routingKey: row.type, body };
  const attributes = { 'messaging.message.id': row.message_id };
  const waited = startSpan(`outbox ${row.type}`, () => ({ kind: 'internal', attributes, ...originOf(row) }));
  if (!waited) return publish(message);
  waited.end();
  const { traceparent: parent } = waited;
  const publishing = startSpan(`publish ${row.type}`, () => ({ kind: 'producer', attributes, parent }));
  const traceparent = publishing?.traceparent ?? parent;
  const outcome = await publish({ ...message, headers: { traceparent } });
  publishing?.end(outcome === 'failed' ? { error: outcome } : { attributes: { outcome } });
  return outcome;
};

const originOf = ({ envelope }: OutboxRow) => {
  const { traceparent, time } = JSON.parse(envelope) as { traceparent?: unknown; time: string };
  return { parent: readTraceparent(traceparent), startedAt: new Date(time) };
};
