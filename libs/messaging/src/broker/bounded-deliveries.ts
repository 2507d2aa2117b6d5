import { createHash, type Hash } from 'node:crypto';
import type { Channel, ConsumeMessage } from 'amqplib';
import { collectGarbage } from './collect-garbage.ts';

/** What is kept of a body that is too large, beside its size and hash. */
const HEAD_BYTES = 4_096;

/** Larger bodies count as garbage, which is collected once it adds up to this much. */
const LARGE_BYTES = 8_192;
const COLLECT_EVERY_BYTES = 4_194_304;

/** Headers with more fields than this, nested ones included, are kept as the beginning of their text. */
const MAX_FIELDS = 256;
const MAX_TEXT = 4_096;

/** Beside the trace, the broker's own history of a message, which is short. */
const headersInUse = ['traceparent', 'x-death', 'x-delivery-count', 'x-acquired-count'];

/** Size and hash of a body of which only the head was kept. */
export type Truncation = { readonly bytes: number; readonly sha256: string };

const truncations = new WeakMap<object, Truncation>();

/** Undefined: the body is complete. */
export const truncationOf = ({ properties }: Pick<ConsumeMessage, 'properties'>): Truncation | undefined =>
  truncations.get(properties);

/** What amqplib passes to a channel: a method, then a header with the body's size, then the body in parts. */
type Frame = {
  readonly size?: number;
  readonly fields?: { headers?: object };
  readonly content?: Buffer;
};
type FrameChannel = { accept: (frame: Frame) => void };

type Truncating = { readonly header: Frame; readonly head: Buffer; readonly hash: Hash; kept: number; left: number };

/**
 * Truncates bodies above `largest` bytes, and large headers, while their frames arrive. amqplib gathers a whole body
 * before it hands it over, and prefetch counts messages only: one body of 100 MB would end the process, and then every
 * other one that it is redelivered to. There is no option for it, hence the wrapper around `Channel.accept`.
 */
export const boundDeliveries = (channel: Channel, largest: number): void => {
  const frames = channel as unknown as FrameChannel;
  if (typeof frames.accept !== 'function') throw new Error('amqplib no longer passes frames to Channel.accept');
  const accept = frames.accept.bind(channel);
  let truncating: Truncating | null = null;

  const begin = (header: Frame, size: number): void => {
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    truncating = { header, head, hash: createHash('sha256'), kept: 0, left: size };
    accept({ ...header, size: head.length });
  };

  const proceed = (current: Truncating, content: Buffer): void => {
    current.hash.update(content);
    current.kept += content.copy(current.head, current.kept);
    current.left -= content.length;
    if (current.left > 0) return;
    truncating = null;
    const { header, head, hash } = current;
    truncations.set(header.fields ?? {}, { bytes: header.size ?? 0, sha256: hash.digest('hex') });
    accept({ content: head });
  };

  let leftOfLarge = 0; // bytes of a large body that are still to come
  let garbage = 0;
  const countGarbage = ({ size, content }: Frame): void => {
    if (size !== undefined) leftOfLarge = size > LARGE_BYTES ? size : 0;
    if (!content || leftOfLarge === 0) return;
    leftOfLarge -= content.length;
    garbage += content.length;
    if (garbage < COLLECT_EVERY_BYTES) return;
    garbage = 0;
    collectGarbage('major');
  };

  frames.accept = (frame) => {
    countGarbage(frame);
    const { fields, size } = frame;
    if (size !== undefined && fields?.headers) fields.headers = boundedHeaders(fields.headers);
    if (truncating && frame.content) proceed(truncating, frame.content);
    else if (frame.size !== undefined && frame.size > largest) begin(frame, frame.size);
    else accept(frame);
  };
};

/**
 * 64 KiB of headers become a megabyte of objects for each message that waits. Few fields are kept as they are; of many,
 * the headers in use (if they are small) and the beginning of the rest as text.
 */
export const boundedHeaders = (headers: object): object => {
  if (hasFewFields(headers, { left: MAX_FIELDS })) return headers;
  const inUse = Object.entries(headers).filter(
    ([name, value]) => headersInUse.includes(name) && hasFewFields(value, { left: MAX_FIELDS }),
  );
  return { ...Object.fromEntries(inUse), 'x-headers-begin': beginningOf(headers) };
};

const hasFewFields = (value: unknown, fields: { left: number }): boolean => {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return true;
  // amqplib turns a field `__proto__` into the table's prototype, which holds as much memory
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (Object.keys(prototype ?? {}).length > 0) return false;
  for (const inner of Object.values(value)) {
    fields.left -= 1;
    if (fields.left < 0 || !hasFewFields(inner, fields)) return false;
  }
  return true;
};

/** A copy: a slice would keep the whole text in memory. */
const beginningOf = (headers: object): string => {
  try {
    return Buffer.from(JSON.stringify(headers).slice(0, MAX_TEXT)).toString();
  } catch {
    return 'nested too deeply'; // an error here would end the connection, and the next one
  }
};
