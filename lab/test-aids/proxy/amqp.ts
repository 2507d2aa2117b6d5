import type { Shape, AmqpFrame, Direction, FrameReader, LocatedFrame } from './framer.ts';
import { createFramer } from './framer.ts';
import methods from './amqp-methods.json' with { type: 'json' };

const header = 8; // "AMQP" 0 0 9 1
const overhead = 8; // type, channel and size before the payload, one octet after it
const payloadAt = 7;
const frameTypes = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;
const contentHeaderStart = 12; // class, weight, body size

const isProtocolHeader = (message: Buffer): boolean => message[0] === 0x41;

const keep = (type: number, total: number): number => {
  if (type === frameTypes.method) return total;
  return Math.min(total, type === frameTypes.header ? payloadAt + contentHeaderStart : payloadAt);
};

/** AMQP 0-9-1, 4.2.3; a connection begins with a protocol header, a refused one ends with one. */
const amqpShape: Shape = {
  headBytes: () => payloadAt,
  measure: (head) => {
    if (isProtocolHeader(head)) return { total: header, keep: payloadAt };
    const type = head[0] ?? 0;
    if (type < frameTypes.method || type > frameTypes.heartbeat) return null;
    const total = head.readUInt32BE(3) + overhead;
    return { total, keep: keep(type, total) };
  },
};

/** Of AMQP 0-9-1 (amqp0-9-1.xml) and RabbitMQ's extensions, by class and method. */
const names: Readonly<Record<string, string>> = methods;

/** `basic.publish` for (60, 40); numbers if the name is unknown. */
const methodName = (classId: number, methodId: number): string => {
  const id = `${classId}.${methodId}`;
  return names[id] ?? id;
};

type MethodFacts = {
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly deliveryTag?: number;
  readonly multiple?: boolean;
};

const shortString = (bytes: Buffer, at: number): [text: string, end: number] => {
  const end = at + 1 + (bytes[at] ?? 0);
  return [bytes.toString('utf8', at + 1, end), end];
};

const routing = (bytes: Buffer, at: number): MethodFacts => {
  const [exchange, end] = shortString(bytes, at);
  return { exchange, routingKey: shortString(bytes, end)[0] };
};

const tag = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64BE(at));

const delivery = (bytes: Buffer): MethodFacts => {
  const at = shortString(bytes, 0)[1]; // after the consumer tag
  return { deliveryTag: tag(bytes, at), ...routing(bytes, at + 9) };
};

const acknowledgement = (bytes: Buffer): MethodFacts => ({
  deliveryTag: tag(bytes, 0),
  multiple: ((bytes[8] ?? 0) & 1) === 1,
});

/** The arguments of methods that tests can match. */
const methodFacts = (method: string, bytes: Buffer): MethodFacts => {
  if (method === 'basic.publish') return routing(bytes, 2);
  if (method === 'basic.deliver') return delivery(bytes);
  if (method === 'basic.ack' || method === 'basic.nack') return acknowledgement(bytes);
  if (method === 'basic.reject') return { deliveryTag: tag(bytes, 0) };
  return {};
};

const withContent = new Set(['basic.publish', 'basic.return', 'basic.deliver', 'basic.get-ok']);

/** Joins methods with their contents, in one direction; `onFrame` is called after the last part. */
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

/** Counts the messages that each channel publishes after `confirm.select`, as the broker does for its confirms. */
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
