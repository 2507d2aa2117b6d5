import type { AmqpFrame, Frame } from './frames.ts';

/** Whether a fault is to happen at this frame; it is asked once for every frame of every connection. */
export type FrameMatcher = (frame: Frame) => boolean;

const runs = (frame: Frame): string | undefined =>
  frame.protocol === 'postgres' && (frame.type === 'query' || frame.type === 'execute')
    ? (frame.text ?? '')
    : undefined;

/** COMMIT (or END) that the client sends, alone or as the last of several statements. */
export const isCommit: FrameMatcher = (frame) => /(^|;)\s*(commit|end)\b[^;]*;?\s*$/i.test(runs(frame) ?? '');

/** The execution of a statement: a string is its exact name or text, a pattern is looked for in both. */
export const isStatement =
  (which: string | RegExp): FrameMatcher =>
  (frame) => {
    const text = runs(frame);
    if (text === undefined || frame.protocol !== 'postgres') return false;
    const both = [frame.statement ?? '', text];
    return both.some((each) => (typeof which === 'string' ? each === which : each.search(which) >= 0));
  };

const isMethod =
  (method: string, direction: AmqpFrame['direction']): FrameMatcher =>
  (frame) =>
    frame.protocol === 'amqp' && frame.method === method && frame.direction === direction;

/** basic.publish of the client with all of its body. */
export const isPublish: FrameMatcher = isMethod('basic.publish', 'up');
/** basic.ack of a consumer. */
export const isAck: FrameMatcher = isMethod('basic.ack', 'up');
/** basic.ack of the broker: a publisher confirm. */
export const isConfirm: FrameMatcher = isMethod('basic.ack', 'down');
/** basic.deliver of the broker with all of its body. */
export const isDelivery: FrameMatcher = isMethod('basic.deliver', 'down');
