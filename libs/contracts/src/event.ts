import type { z } from 'zod';
import { envelope, type Envelope } from './envelope.ts';
import { exampleOf } from './example.ts';
import { eventsExchange, services } from './topology.ts';

export type EventDefinition<Data = unknown> = {
  readonly type: string;
  /** Integer. Within a version, only additions. */
  readonly version: number;
  readonly source: string;
  readonly dataschema: string;
  /** true: publishing fails if no queue takes the event. */
  readonly mustReachAQueue: boolean;
  /** true: contains private data; the broker lets only the two services bind it. */
  readonly isInternal?: boolean;
  readonly data: z.ZodType<Data>;
  /** Broker user of the only service that may send it; the broker validates it in `userId`. */
  readonly sender: string;
  readonly exchange: typeof eventsExchange;
  /** Schema of the envelope. */
  readonly envelope: typeof envelope;
  /** Services whose queues no subscriber may use. */
  readonly services: readonly string[];
  /** For tests and samples: valid data with some of its fields as given; throws if they are not valid. */
  readonly example: (data: Partial<Data>, newId: () => string) => { readonly subject: string; readonly data: Data };
};

type Definition<Data> = Pick<
  EventDefinition<Data>,
  'type' | 'version' | 'source' | 'mustReachAQueue' | 'isInternal' | 'data'
>;

export const defineEvent = <Data>(event: Definition<Data>): EventDefinition<Data> => ({
  ...event,
  dataschema: `urn:mentor-sessions:${event.type}:${event.version}`,
  sender: event.source.slice(1), // the service `/sessions` has the broker user `sessions`
  exchange: eventsExchange,
  envelope,
  services,
  example: (data, newId) => exampleOf(event, data, newId),
});

export type Occurrence<Data> = {
  readonly id: string;
  readonly subject: string;
  readonly time: string;
  /** Version of the aggregate after this event, from 1. */
  readonly sequence: number;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  readonly data: Data;
};

/** The envelope of one occurrence of an event, ready to serialize. */
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
