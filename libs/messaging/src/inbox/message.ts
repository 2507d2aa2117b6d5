import { randomBytes } from 'node:crypto';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { randomUUIDv7 } from '@mentor-sessions/service-kit/uuid';
import type { QueueTopology } from '../broker/topology.ts';

/** A validated event, as a handler receives it. */
export type Message<Data = unknown> = {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  /** Version of the aggregate; compare it where order matters: competing consumers have no order between them. */
  readonly sequence: number;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** SHA-256 of the content: distinguishes a copy from another message under the same id. */
  readonly contentHash: Buffer;
  readonly data: Data;
};

/** A zod schema, or anything that parses like one. */
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

/** A queue, the events in it, and how a service handles them. */
export type Subscription<Data = unknown> = {
  readonly queue: QueueTopology;
  readonly envelope: Schema<EnvelopeAttributes>;
  /** All events that the queue is bound to, each in all supported versions; `Data` is what they have in common. */
  readonly events: readonly EventSchema<Data>[];
  /** The only broker user that may send these events (the broker validates it); several while the name is being changed. */
  readonly sender: string | readonly string[];
  /** The consumer's own broker user, if it may send messages again: the sender is then in the header x-sent-by. */
  readonly replayedBy?: string;
  /** Maximum body size in bytes; larger messages are dead-lettered as too-large. Default: 128 KiB. */
  readonly largestBody?: number | undefined;
  /** Ids for logs. */
  readonly describe?: (message: Message<Data>) => Readonly<Record<string, string>>;
  /**
   * A valid message of this type about something that does not exist. When messages fail in the database, it is handled in a
   * transaction that is rolled back: if it fails too, the database is the cause, and the queue waits.
   */
  readonly sample?: (type: string) => Message<Data>;
  /**
   * The effect of new messages, in the transaction that enters them into the inbox; sorted by id. Throw `Rejected` to
   * dead-letter some of them, anything else when a retry may succeed.
   */
  readonly handle: (tx: Queryable, messages: readonly Message<Data>[]) => Promise<void>;
};

export type Rejection = { readonly message: Message; readonly reason: string; readonly detail: string };

/** Thrown by a handler: these messages can never be handled, for a reason of the service. They are dead-lettered, the others are handled. */
export class Rejected extends Error {
  readonly rejections: readonly Rejection[];

  constructor(rejected: Rejection | readonly Rejection[]) {
    const rejections = [rejected].flat();
    super(rejections.map(({ message, reason }) => `${message.id}: ${reason}`).join(', '));
    this.name = 'Rejected';
    this.rejections = rejections;
  }
}

/** Builds a message that was never sent, for `Subscription.sample`. */
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
