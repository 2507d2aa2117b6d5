import type { Shape } from './framer.ts';

const header = 8; // "AMQP" 0 0 9 1
const overhead = 8; // type, channel and size before the payload, one octet behind it
export const payloadAt = 7;
export const frameTypes = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;
const contentHeaderStart = 12; // class, weight, body size

export const isProtocolHeader = (message: Buffer): boolean => message[0] === 0x41;

const keep = (type: number, total: number): number => {
  if (type === frameTypes.method) return total;
  return Math.min(total, type === frameTypes.header ? payloadAt + contentHeaderStart : payloadAt);
};

/** AMQP 0-9-1, 4.2.3; a connection begins with a protocol header, a refused one ends with one. */
export const amqpShape: Shape = {
  headBytes: () => payloadAt,
  measure: (head) => {
    if (isProtocolHeader(head)) return { total: header, keep: payloadAt };
    const type = head[0] ?? 0;
    if (type < frameTypes.method || type > frameTypes.heartbeat) return null;
    const total = head.readUInt32BE(3) + overhead;
    return { total, keep: keep(type, total) };
  },
};
