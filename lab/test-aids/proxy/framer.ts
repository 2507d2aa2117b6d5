export type ProxyProtocol = 'amqp' | 'postgres' | 'opaque';
/** up: from the client to the server. */
export type Direction = 'up' | 'down';

/** One message of PostgreSQL's protocol, version 3. */
export type PostgresFrame = {
  readonly protocol: 'postgres';
  readonly direction: Direction;
  /** `query`, `parse`, `bind`, `execute`, `sync`, `startup`, `encryption`, `cancel`; downwards `ready`; else the protocol's own letter. */
  readonly type: string;
  /** The prepared statement, '' for the unnamed one: of parse, bind and execute. */
  readonly statement?: string;
  /** SQL, as far as its first 64 KiB: of query and parse, and of bind and execute if the statement was prepared on this connection. */
  readonly text?: string;
  /** Which ReadyForQuery of this connection it is, or (query, sync) which one will answer it; from 1. */
  readonly ready?: number;
};

/** One method of AMQP 0-9-1; those with a content (basic.publish, basic.deliver, …) end with its last body frame. */
export type AmqpFrame = {
  readonly protocol: 'amqp';
  readonly direction: Direction;
  readonly channel: number;
  /** `basic.publish`, `confirm.select`, …; `class.method` in numbers where we have no name; `heartbeat`, `header`. */
  readonly method: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly bodyBytes?: number;
  readonly deliveryTag?: number;
  readonly multiple?: boolean;
  /** Which message of its channel in confirm mode it publishes: the delivery tag of its confirm. */
  readonly confirmTag?: number;
};

export type Frame = PostgresFrame | AmqpFrame;
/** A frame and where its last message stands in the chunk that completes it. */
export type LocatedFrame = Span & { readonly frame: Frame };

/** Reads both directions of one connection from its first byte on, and gives the frames that each chunk completes. */
export type FrameReader = (direction: Direction, chunk: Buffer) => readonly LocatedFrame[];

/** How the messages of a protocol are found in a stream. Both functions may answer differently after each message. */
export type Shape = {
  /** Bytes that are needed to measure the next message. */
  headBytes(): number;
  /** Length of the whole message and how much of its beginning is wanted; null: these bytes are not of the protocol. */
  measure(head: Buffer): { readonly total: number; readonly keep: number } | null;
};

/** `start` and `end` are offsets in the chunk in which the message ends; one that began in an earlier chunk starts at 0. */
export type Span = { readonly start: number; readonly end: number };

type OnMessage = (kept: Buffer, span: Span) => void;

const nothing = Buffer.alloc(0);

/**
 * Cuts a byte stream into messages, however the stream was split into chunks. Copies only the kept beginning of a message that
 * is spread over several chunks. From the first bytes on that are not of the protocol it is silent.
 */
export const createFramer = (shape: Shape, onMessage: OnMessage): ((chunk: Buffer) => void) => {
  let before = nothing; // the kept beginning of a message that began in an earlier chunk
  let gone = 0; // how much of it has gone by
  let size: ReturnType<Shape['measure']> | undefined;

  const wait = (kept: Buffer, more: number): void => {
    before = Buffer.from(kept);
    gone += more;
  };

  /** Takes one message from `start`; where the next one starts, or the chunk's length if this one goes on. */
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
