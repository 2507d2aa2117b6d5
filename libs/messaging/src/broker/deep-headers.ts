import type { ChannelModel } from 'amqplib';

/** What amqplib reads frames with: `rest` begins with the next frame, which `recvFrame` decodes. */
type FrameReader = {
  rest: Buffer;
  recvFrame: () => false | { readonly fields?: { headers?: object } };
};

// type (1 byte), channel (2), size (4); then the class (2), a weight (2), the size of the body (8), flags (2), properties
const SIZE_AT = 3;
const PAYLOAD_AT = 7;
const FLAGS_AT = PAYLOAD_AT + 12;
const HEADER_FRAME = 2;
/** Of the content type and the content encoding, which come before the headers. */
const BEFORE_HEADERS = [0x8000, 0x4000];
const HEADERS = 0x2000;

/**
 * amqplib decodes headers recursively, before any code of ours sees them: tables nested beyond the stack would end the
 * connection, and the next one that the message is redelivered to. Such a message arrives without its headers instead.
 */
export const surviveDeepHeaders = (model: ChannelModel): ChannelModel => {
  const reader = model.connection as unknown as FrameReader;
  if (typeof reader.recvFrame !== 'function') throw new Error('amqplib no longer reads frames with recvFrame');
  const recvFrame = reader.recvFrame.bind(reader);
  reader.recvFrame = () => {
    const bytes = reader.rest;
    try {
      return recvFrame();
    } catch (error) {
      if (!(error instanceof RangeError) || !isWholeHeader(bytes)) throw error;
      reader.rest = Buffer.concat([withoutHeaders(bytes), reader.rest]);
      const frame = recvFrame();
      if (frame && frame.fields) frame.fields.headers = { 'x-headers-begin': 'nested too deeply' };
      return frame;
    }
  };
  return model;
};

/** Otherwise the error is one of another frame: the reader calls itself when it has read more. */
const isWholeHeader = (bytes: Buffer): boolean =>
  bytes[0] === HEADER_FRAME && bytes.length > PAYLOAD_AT + bytes.readUInt32BE(SIZE_AT);

const withoutHeaders = (bytes: Buffer): Buffer => {
  const end = PAYLOAD_AT + bytes.readUInt32BE(SIZE_AT);
  const flags = bytes.readUInt16BE(FLAGS_AT);
  let at = FLAGS_AT + 2;
  for (const flag of BEFORE_HEADERS) if (flags & flag) at += 1 + bytes.readUInt8(at);
  const frame = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 4 + bytes.readUInt32BE(at), end + 1)]);
  frame.writeUInt32BE(frame.length - PAYLOAD_AT - 1, SIZE_AT);
  frame.writeUInt16BE(flags & ~HEADERS, FLAGS_AT);
  return frame;
};
