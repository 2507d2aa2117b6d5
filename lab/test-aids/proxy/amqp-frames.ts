import { methodFacts, methodName } from './amqp-methods.ts';
import { amqpShape, frameTypes, isProtocolHeader, payloadAt } from './amqp-shape.ts';
import { createFramer } from './framer.ts';
import type { AmqpFrame, Direction, FrameReader, LocatedFrame } from './frames.ts';

const withContent = new Set(['basic.publish', 'basic.return', 'basic.deliver', 'basic.get-ok']);

/** Puts methods and their contents together, for one direction; `onFrame` is called when the last part has been seen. */
const createAssembly = (direction: Direction, onFrame: (frame: AmqpFrame) => void) => {
  const open = new Map<number, { frame: AmqpFrame; missing: number }>();

  const onMethod = (channel: number, message: Buffer): void => {
    const method = methodName(message.readUInt16BE(payloadAt), message.readUInt16BE(payloadAt + 2));
    const facts = methodFacts(method, message.subarray(payloadAt + 4));
    const frame: AmqpFrame = { protocol: 'amqp', direction, channel, method, ...facts };
    if (withContent.has(method)) open.set(channel, { frame, missing: 0 });
    else onFrame(frame);
  };
  const onContent = (channel: number, missing: number, size: { bodyBytes?: number } = {}): void => {
    const frame = { ...open.get(channel)?.frame, ...size } as AmqpFrame;
    open.set(channel, { frame, missing });
    if (missing > 0) return;
    open.delete(channel);
    onFrame(frame);
  };
  return (message: Buffer): void => {
    if (isProtocolHeader(message)) return onFrame({ protocol: 'amqp', direction, channel: 0, method: 'header' });
    const channel = message.readUInt16BE(1);
    if (message[0] === frameTypes.method) return onMethod(channel, message);
    if (message[0] === frameTypes.heartbeat)
      return onFrame({ protocol: 'amqp', direction, channel, method: 'heartbeat' });
    const content = open.get(channel);
    if (!content) return;
    if (message[0] === frameTypes.body) return onContent(channel, content.missing - message.readUInt32BE(3));
    const bodyBytes = Number(message.readBigUInt64BE(payloadAt + 4));
    onContent(channel, bodyBytes, { bodyBytes });
  };
};

/** Counts what each channel publishes after `confirm.select`: the broker confirms by these numbers. */
const createConfirmTags = () => {
  const published = new Map<number, number>();
  return (frame: AmqpFrame): AmqpFrame => {
    const { channel, method } = frame;
    if (method === 'channel.open') published.delete(channel);
    if (method === 'confirm.select' && !published.has(channel)) published.set(channel, 0);
    const before = published.get(channel);
    if (method !== 'basic.publish' || before === undefined) return frame;
    published.set(channel, before + 1);
    return { ...frame, confirmTag: before + 1 };
  };
};

/** Reads AMQP 0-9-1 in both directions. */
export const createAmqpReader = (): FrameReader => {
  let found: LocatedFrame[] = [];
  const withConfirmTag = createConfirmTags();
  const framer = (direction: Direction) => {
    let span = { start: 0, end: 0 };
    const assemble = createAssembly(direction, (frame) => {
      found.push({ frame: direction === 'up' ? withConfirmTag(frame) : frame, ...span });
    });
    return createFramer(amqpShape, (message, at) => {
      span = at;
      assemble(message);
    });
  };
  const framers = { up: framer('up'), down: framer('down') };
  return (direction, chunk) => {
    found = [];
    framers[direction](chunk);
    return found;
  };
};
