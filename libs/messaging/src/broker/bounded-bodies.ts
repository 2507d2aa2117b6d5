import { createHash, type Hash } from 'node:crypto';
import type { Channel, ConsumeMessage } from 'amqplib';
import { boundedHeaders } from './bounded-headers.ts';
import { collectGarbage } from './collect-garbage.ts';

/** What is kept of a body that is too large, beside its size and hash. */
const HEAD_BYTES = 4_096;

/** Larger bodies are garbage to speak of. */
const LARGE_BYTES = 8_192;
const COLLECT_EVERY_BYTES = 4_194_304;

/** A body of which only the head was kept. */
export type Oversize = { readonly bytes: number; readonly sha256: string };

/** As amqplib hands frames to a channel: a method, then the header with the body's size, then the body in parts. */
type Frame = {
  readonly size?: number;
  readonly fields?: { headers?: object };
  readonly content?: Buffer;
};
type FrameChannel = { accept: (frame: Frame) => void };

const oversizes = new WeakMap<object, Oversize>();

/** Undefined: the whole body is there. */
export const oversizeOf = ({ properties }: Pick<ConsumeMessage, 'properties'>): Oversize | undefined =>
  oversizes.get(properties);

type Passing = { readonly header: Frame; readonly head: Buffer; readonly hash: Hash; kept: number; left: number };

/**
 * amqplib gathers a whole body before it hands it over, and prefetch counts messages only: one body of 100 MB would end
 * the process, and every other one that it is redelivered to. So bodies are cut while their frames come in. Of one above
 * `largest` bytes the delivery carries the head; `oversizeOf` tells size and hash.
 */
export const boundBodies = (channel: Channel, largest: number): void => {
  const frames = channel as unknown as FrameChannel;
  if (typeof frames.accept !== 'function') throw new Error('amqplib no longer hands frames to Channel.accept');
  const accept = frames.accept.bind(channel);
  let passing: Passing | null = null;

  const begin = (header: Frame, size: number): void => {
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    passing = { header, head, hash: createHash('sha256'), kept: 0, left: size };
    accept({ ...header, size: head.length });
  };

  const pass = (now: Passing, content: Buffer): void => {
    now.hash.update(content);
    now.kept += content.copy(now.head, now.kept);
    now.left -= content.length;
    if (now.left > 0) return;
    passing = null;
    const { header, head, hash } = now;
    oversizes.set(header.fields ?? {}, { bytes: header.size ?? 0, sha256: hash.digest('hex') });
    accept({ content: head });
  };

  let inLarge = 0; // bytes that are still to come of a large body
  let gathered = 0;
  const note = ({ size, content }: Frame): void => {
    if (size !== undefined) inLarge = size > LARGE_BYTES ? size : 0;
    if (!content || inLarge === 0) return;
    inLarge -= content.length;
    gathered += content.length;
    if (gathered < COLLECT_EVERY_BYTES) return;
    gathered = 0;
    collectGarbage();
  };

  frames.accept = (frame) => {
    note(frame);
    const { fields, size } = frame;
    if (size !== undefined && fields?.headers) fields.headers = boundedHeaders(fields.headers);
    if (passing && frame.content) pass(passing, frame.content);
    else if (frame.size !== undefined && frame.size > largest) begin(frame, frame.size);
    else accept(frame);
  };
};
