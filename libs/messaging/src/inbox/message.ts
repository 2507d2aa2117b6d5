import { randomBytes, randomUUIDv7 } from 'node:crypto';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import type { QueueTopology } from '../broker/topology.ts';

/** A parsed event, as a handler gets it. */
export type Message<Data = unknown> = {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  /** Version of the aggregate; compare it where order matters: competing consumers have no order between them. */
  readonly sequence: number;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** SHA-256 of what the message says, for telling a copy from another message under the same id. */
  readonly contentHash: Buffer;
  readonly data: Data;
};

/** A zod schema, or whatever parses like one. */
export type Schema<T> = {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { message: string } };
};

export type EventSchema<Data = unknown> = {
  readonly type: string;
  readonly dataschema: string;
  readonly data: Schema<Data>;
};

export type EnvelopeAttributes = {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly dataschema: string;
  readonly sequence: string;
  readonly correlationid: string;
  readonly traceparent?: string | undefined;
  readonly data?: unknown;
};

/** What a service wants of one queue, and what it does with it. */
export type Subscription<Data = unknown> = {
  readonly queue: QueueTopology;
  readonly envelope: Schema<EnvelopeAttributes>;
  /** All events that the queue is bound to, each in all versions that are understood; `Data` is what they have in common. */
  readonly events: readonly EventSchema<Data>[];
  /** Broker user that alone may send any of these events; the broker vouches for it. Several while the name is rotated. */
  readonly sender: string | readonly string[];
  /** Bytes of a body; what is larger is dead-lettered as too large. Default: 128 KiB. */
  readonly largestBody?: number;
  /** Ids of what a message is about, for logs. */
  readonly describe?: (message: Message<Data>) => Readonly<Record<string, string>>;
  /**
   * A good message about nothing that exists, of one of `events`. When messages fail in the database it is handled in a
   * transaction that is rolled back: if that fails too, the database is to blame, and the queue waits.
   */
  readonly sample?: (type: string) => Message<Data>;
  /**
   * The effect of messages that were not handled before, in the transaction that enters them in the inbox; sorted by
   * id. Throw `Rejected` to refuse some of them for good, anything else when a message failed and may be tried again.
   */
  readonly handle: (tx: Queryable, messages: readonly Message<Data>[]) => Promise<void>;
};

export type Rejection = { readonly message: Message; readonly reason: string; readonly detail: string };

/** Thrown by a handler: these messages can never be handled, for a reason of the service's own; the others are handled without them. */
export class Rejected extends Error {
  readonly rejections: readonly Rejection[];

  constructor(rejections: readonly Rejection[]) {
    super(rejections.map(({ message, reason }) => `${message.id}: ${reason}`).join(', '));
    this.name = 'Rejected';
    this.rejections = rejections;
  }
}

/** A message that was never sent, for `Subscription.sample`. */
export const sampleMessage = <Data>(type: string, data: Data): Message<Data> => ({
  id: randomUUIDv7(),
  type,
  subject: randomUUIDv7(),
  time: new Date().toISOString(),
  sequence: 1,
  correlationId: randomUUIDv7(),
  contentHash: randomBytes(32),
  data,
});
