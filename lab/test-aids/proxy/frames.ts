import type { Span } from './framer.ts';

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
