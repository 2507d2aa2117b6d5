import type { z } from 'zod';
import { envelope, type Envelope } from './envelope.ts';
import { eventsExchange } from './topology.ts';

export type EventDefinition<Data = unknown> = {
  readonly type: string;
  /** Whole number; within a version only additions. */
  readonly version: number;
  readonly source: string;
  readonly dataschema: string;
  /** true: an event that no queue takes is a failure of the topology. */
  readonly mustReachAQueue: boolean;
  /** true: it holds private data, and the broker lets none but the two services bind it. */
  readonly isInternal?: boolean;
  readonly data: z.ZodType<Data>;
  /** Broker user of the service that alone may send it; the broker vouches for it in `userId`. */
  readonly sender: string;
  readonly exchange: typeof eventsExchange;
  /** Schema of what is around the data. */
  readonly envelope: typeof envelope;
};

type Definition<Data> = Pick<
  EventDefinition<Data>,
  'type' | 'version' | 'source' | 'mustReachAQueue' | 'isInternal' | 'data'
>;

export const defineEvent = <Data>(event: Definition<Data>): EventDefinition<Data> => ({
  ...event,
  dataschema: `urn:mentor-sessions:${event.type}:${event.version}`,
  sender: event.source.slice(1), // the service `/sessions` is the user `sessions`
  exchange: eventsExchange,
  envelope,
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
