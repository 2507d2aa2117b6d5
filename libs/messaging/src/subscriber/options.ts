import type { Registry } from 'prom-client';
import type { Database, Queryable } from '@mentor-sessions/service-kit/database';
import type { Logger } from '@mentor-sessions/service-kit/log';
import type { ExchangeTopology } from '../broker/topology.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { EnvelopeAttributes, EventSchema, Message, Schema } from '../inbox/message.ts';

/** An event of the contracts, as `sessionCompleted`. */
export type PublishedEvent<Data = unknown> = EventSchema<Data> & {
  readonly exchange: ExchangeTopology;
  readonly envelope: Schema<EnvelopeAttributes>;
  readonly sender: string;
};

export type SubscriberOptions<Data, Tx> = {
  /** As your own broker user; nodes of a cluster separated by commas. */
  readonly amqpUrl: string;
  /** One event, or several, each in all versions that you understand; `Data` is what they have in common. */
  readonly event: PublishedEvent<Data> | readonly PublishedEvent<Data>[];
  /** Yours: `<service>.<event>`, as `reviews.session-completed`; its dead queue is `<queue>.dead`. */
  readonly queue: string;
  /**
   * The effect of messages that were not handled before, sorted by id, all of it through `tx`; it may run again from its
   * start. Throw `Rejected` for what can never be handled, anything else for what may be tried again alone, three times.
   */
  readonly handle: (messages: readonly Message<Data>[], tx: Tx) => Promise<void>;
  /** Default: the event's own. Another one where all share a development user; several while the name is rotated. */
  readonly sender?: string | readonly string[];
  readonly log?: Logger;
  /** For a /metrics endpoint of yours. */
  readonly registry?: Registry;
  /** Bytes of a body, default 128 KiB: what is larger is kept as `too-large`, its head alone. More makes the prefetch smaller. */
  readonly largestBody?: number;
  /** Messages that the broker hands out before an acknowledgement; at most as many of the largest as make 16 MiB. */
  readonly prefetch?: number;
  /** Messages of one transaction. */
  readonly batchSize?: number;
};

/** `tx` is undefined: nothing is remembered beyond this process, so the effect must bear a copy. */
export type WithoutDatabase<Data> = SubscriberOptions<Data, undefined> & { readonly database?: undefined };

/** A PostgreSQL URL (or the service kit's database) with the tables of sql/inbox.sql. */
export type WithPostgres<Data> = SubscriberOptions<Data, Queryable> & {
  readonly database: string | Database;
  /** Where your tables are, for a URL; default: public. The settings of your role and database do not count. */
  readonly schema?: string;
};

export type WithInbox<Data, Tx> = SubscriberOptions<Data, Tx> & { readonly database: Inbox<Tx> };

export type Subscriber = {
  /** Whether the broker has the consumer registered. */
  isReady(): boolean;
  /** Finishes and acknowledges what is in flight; does not wait for a broker that does not answer. */
  stop(): Promise<void>;
  /** For a process that does nothing else: stops at SIGTERM or SIGINT, and exits 0. */
  untilSignal(): Promise<void>;
};
