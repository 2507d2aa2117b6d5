import type { Registry } from 'prom-client';
import type { Database, Queryable } from '@mentor-sessions/service-kit/database';
import type { Logger } from '@mentor-sessions/service-kit/log';
import type { Tracer } from '@mentor-sessions/service-kit/tracing';
import type { ExchangeTopology } from '../broker/topology.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { EnvelopeAttributes, EventSchema, Message, Schema } from '../inbox/message.ts';

/** An event of the contracts, such as `sessionCompleted`. */
export type PublishedEvent<Data = unknown> = EventSchema<Data> & {
  readonly exchange: ExchangeTopology;
  readonly envelope: Schema<EnvelopeAttributes>;
  readonly sender: string;
  /** Services whose queues a subscriber may not use. */
  readonly services?: readonly string[];
};

export type SubscriberOptions<Data, Tx> = {
  /** With your own broker user; nodes of a cluster separated by commas. */
  readonly amqpUrl: string;
  /** One event or several, each in all versions that you support; `Data` is what they have in common. */
  readonly event: PublishedEvent<Data> | readonly PublishedEvent<Data>[];
  /** Your queue, `<service>.<event>`, such as `notifications.session-completed`; its dead queue is `<queue>.dead`. */
  readonly queue: string;
  /**
   * The effect of new messages, sorted by id, all of it written through `tx`; it may run again from its start. Throw
   * `Rejected` to dead-letter some of them, anything else to have a message retried alone, three times.
   */
  readonly handle: (messages: readonly Message<Data>[], tx: Tx) => Promise<void>;
  /** Broker user that sends the event; default: the event's own. Several while the name is being changed. */
  readonly sender?: string | readonly string[];
  readonly log?: Logger;
  /** For a /metrics endpoint of yours. */
  readonly registry?: Registry;
  /** Maximum body size in bytes, default 128 KiB; of larger messages only the head is kept, as `too-large`. A higher limit lowers the prefetch. */
  readonly largestBody?: number;
  /** Unacknowledged messages; at most as many of the largest size as fit into 16 MiB. */
  readonly prefetch?: number;
  /** Messages per transaction. */
  readonly batchSize?: number;
  /** Ends the waiting for a broker or a database that cannot be reached; `subscribe` then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Of OpenTelemetry; default: that of the global provider. */
  readonly tracer?: Tracer;
};

/** `tx` is undefined. Handled ids are remembered by this process only, so the effect must be idempotent. */
export type WithoutDatabase<Data> = SubscriberOptions<Data, undefined> & { readonly database?: undefined };

/** A PostgreSQL URL (or the service kit's database) with the tables of sql/inbox.sql. */
export type WithPostgres<Data> = SubscriberOptions<Data, Queryable> & {
  readonly database: string | Database;
  /** Schema of your tables, for a URL; default: public. A search_path of your role or database has no effect. */
  readonly schema?: string;
};

/** An inbox of your own, for another database. */
export type WithInbox<Data, Tx> = SubscriberOptions<Data, Tx> & { readonly database: Inbox<Tx> };

export type Subscriber = {
  /** Whether the consumer is registered at the broker. */
  isReady(): boolean;
  /** Finishes and acknowledges what is in flight; does not wait for a broker that does not answer. */
  stop(): Promise<void>;
  /** For a process that does nothing else: stops at SIGTERM or SIGINT, and exits 0. */
  untilSignal(): Promise<void>;
};

/** With PostgreSQL, without a database, or with an inbox of your own. */
export type AnyOptions<Data, Tx> = WithoutDatabase<Data> | WithPostgres<Data> | WithInbox<Data, Tx>;
