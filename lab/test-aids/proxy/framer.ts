export type ProxyProtocol = 'amqp' | 'postgres' | 'opaque';
/** up: from the client to the server. */
export type Direction = 'up' | 'down';

/** One message of PostgreSQL's protocol, version 3. */
export type PostgresFrame = {
  readonly protocol: 'postgres';
  readonly direction: Direction;
  /** `query`, `parse`, `bind`, `execute`, `sync`, `startup`, `encryption`, `cancel`; from the server `ready`; otherwise the protocol's letter. */
  readonly type: string;
  /** For parse, bind and execute: the prepared statement, '' for the unnamed one. */
  readonly statement?: string;
  /** The first 64 KiB of SQL: of query and parse, and of bind and execute if the statement was prepared on this connection. */
  readonly text?: string;
  /** The number, from 1, of this ReadyForQuery of the connection, or of the one that answers this query or sync. */
  readonly ready?: number;
};

/** One method of AMQP 0-9-1; those with a content (basic.publish, basic.deliver, …) end with its last body frame. */
export type AmqpFrame = {
  readonly protocol: 'amqp';
  readonly direction: Direction;
  readonly channel: number;
  /** `basic.publish`, `confirm.select`, …; `class.method` in numbers if the name is unknown; `heartbeat`, `header`. */
  readonly method: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly bodyBytes?: number;
  readonly deliveryTag?: number;
  readonly multiple?: boolean;
  /** In confirm mode, the delivery tag of its confirm. */
  readonly confirmTag?: number;
};

export type Frame = PostgresFrame | AmqpFrame;
/** A frame, and the position of its last message in the chunk that completes it. */
export type LocatedFrame = Span & { readonly frame: Frame };

/** Reads both directions of a connection from the first byte; returns the frames that each chunk completes. */
export type FrameReader = (direction: Direction, chunk: Buffer) => readonly LocatedFrame[];

/** How to find a protocol's messages in a stream. Both functions may depend on the messages so far. */
export type Shape = {
  /** Bytes needed to know the length of the next message. */
  headBytes(): number;
  /** Length of the message, and how much of its beginning to keep; null: not this protocol. */
  measure(head: Buffer): { readonly total: number; readonly keep: number } | null;
};

/** `start` and `end` are offsets in the chunk in which the message ends; one that began in an earlier chunk starts at 0. */
export type Span = { readonly start: number; readonly end: number };

type OnMessage = (kept: Buffer, span: Span) => void;

const nothing = Buffer.alloc(0);

/**
 * Splits a byte stream into messages, whatever its chunks. Copies only the kept beginning of a message that
 * spans several chunks. Emits nothing after bytes that are not of the protocol.
 */
export const createFramer = (shape: Shape, onMessage: OnMessage): ((chunk: Buffer) => void) => {
  let before = nothing; // the kept beginning of a message that began in an earlier chunk
  let gone = 0; // how much of it has passed
  let size: ReturnType<Shape['measure']> | undefined;

  const wait = (kept: Buffer, more: number): void => {
    before = Buffer.from(kept);
    gone += more;
  };

  /** Reads one message from `start`; returns where the next one starts, or the chunk's length if it continues. */
  const take = (chunk: Buffer, start: number): number => {
    const beginning = (bytes: number): Buffer => {
      const rest = chunk.subarray(start, start + bytes - before.length);
      return before.length === 0 ? rest : Buffer.concat([before, rest]);
    };
    const available = chunk.length - start;
    const headBytes = shape.headBytes();
    if (size === undefined) {
      const head = beginning(headBytes);
      if (head.length < headBytes) return (wait(head, available), chunk.length);
      size = shape.measure(head);
    }
    if (size === null) return chunk.length;
    const kept = beginning(size.keep);
    const end = start + size.total - gone;
    if (end > chunk.length) return (wait(kept, available), chunk.length);
    [before, gone, size] = [nothing, 0, undefined];
    onMessage(kept, { start, end });
    return end;
  };

  return (chunk) => {
    for (let at = 0; at < chunk.length;) at = take(chunk, at);
  };
};
