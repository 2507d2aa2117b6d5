import type { z } from 'zod';
import type { Envelope } from './envelope.ts';

export type EventDefinition<Data = unknown> = {
  readonly type: string;
  /** Whole number; within a version only additions. */
  readonly version: number;
  readonly source: string;
  readonly dataschema: string;
  /** true: an event that no queue takes is a failure of the topology. */
  readonly mustReachAQueue: boolean;
  readonly data: z.ZodType<Data>;
};

export const defineEvent = <Data>(event: Omit<EventDefinition<Data>, 'dataschema'>): EventDefinition<Data> => ({
  ...event,
  dataschema: `urn:mentor-sessions:${event.type}:${event.version}`,
});

export type Occurrence<Data> = {
  readonly id: string;
  readonly subject: string;
  readonly time: string;
  /** Version of the aggregate that this event made, 1 and up. */
  readonly sequence: number;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  readonly data: Data;
};

/** The envelope of one occurrence of an event, ready to be serialised. */
export const envelopeOf = <Data>(event: EventDefinition<Data>, occurrence: Occurrence<Data>): Envelope<Data> => ({
  specversion: '1.0',
  id: occurrence.id,
  source: event.source,
  type: event.type,
  subject: occurrence.subject,
  time: occurrence.time,
  dataschema: event.dataschema,
  sequence: String(occurrence.sequence).padStart(10, '0'),
  correlationid: occurrence.correlationId,
  ...(occurrence.traceparent ? { traceparent: occurrence.traceparent } : {}),
  data: occurrence.data,
});
