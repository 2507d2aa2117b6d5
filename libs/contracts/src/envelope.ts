import { z } from 'zod';
import { text, timestamp, uuid } from './primitives.ts';

/**
 * CloudEvents 1.0 in structured JSON, with the extensions `sequence`, `correlationid` and `traceparent`
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md). Unknown attributes are ignored.
 */
export const envelope = z.object({
  specversion: z.literal('1.0').describe('of CloudEvents'),
  id: uuid.describe('AMQP messageId, outbox message id and inbox key; the same in duplicates'),
  source: z.string().min(1).describe('service that sent it: `/bookings` or `/sessions`'),
  type: z.string().min(1).describe('name of the event; the routing key'),
  subject: uuid.describe('id of the aggregate'),
  time: timestamp.describe('time of the change'),
  dataschema: z.string().min(1).describe('identifies type and version'),
  sequence: z
    .string()
    .regex(/^\d{10}$/)
    .describe('version of the aggregate; compare it where order matters; gaps are possible'),
  correlationid: uuid.describe('the booking id, the same in all events of a booking and its session'),
  traceparent: text.optional().describe('W3C trace context of the request that caused the event'),
  data: z.unknown().describe('fields of the event'),
});

export type Envelope<Data = unknown> = Omit<z.infer<typeof envelope>, 'data'> & { data: Data };

export const contentType = 'application/cloudevents+json';
