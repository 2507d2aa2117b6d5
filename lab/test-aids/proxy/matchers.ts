import type { AmqpFrame, Frame, PostgresFrame } from './framer.ts';

type IsAnswer = (later: Frame) => boolean;

const readyAgain =
  (ready: number): IsAnswer =>
  (later) =>
    later.protocol === 'postgres' && later.direction === 'down' && (later.ready ?? 0) >= ready;

const covers = ({ deliveryTag = 0, multiple }: AmqpFrame, tag: number): boolean =>
  multiple ? deliveryTag === 0 || deliveryTag >= tag : deliveryTag === tag;

const confirmed =
  (channel: number, tag: number): IsAnswer =>
  (later) => {
    if (later.protocol !== 'amqp' || later.direction !== 'down') return false;
    if (later.method === 'connection.close') return true;
    if (later.channel !== channel) return false;
    return later.method === 'channel.close' || (/^basic\.n?ack$/.test(later.method) && covers(later, tag));
  };

const ofPostgres = ({ direction, ready }: PostgresFrame): IsAnswer | undefined =>
  direction === 'up' && ready !== undefined ? readyAgain(ready) : undefined;

/** Matches the answer to this frame, not to an earlier one in the pipeline; undefined: it has no known answer. */
export const answerTo = (frame: Frame): IsAnswer | undefined => {
  if (frame.protocol === 'postgres') return ofPostgres(frame);
  return frame.confirmTag === undefined ? undefined : confirmed(frame.channel, frame.confirmTag);
};

const calm = { latencyMs: 0, jitterMs: 0, sliceBytes: Infinity, bytesPerSecond: Infinity, slowCloseMs: 0 };

/** The current conditions, shared by all connections of a proxy. */
export const createConditions = (random: () => number) => {
  const now = { ...calm };
  return Object.assign(now, {
    /** Delay of the next chunk (ms). */
    delay: (): number => Math.max(0, now.latencyMs + (2 * random() - 1) * now.jitterMs),
    areCalm: (): boolean =>
      now.latencyMs === 0 && now.jitterMs === 0 && now.sliceBytes === Infinity && now.bytesPerSecond === Infinity,
    calmDown: (): void => void Object.assign(now, calm),
  });
};
export type Conditions = ReturnType<typeof createConditions>;

/** Whether a fault is injected at this frame; called once for every frame of every connection. */
export type FrameMatcher = (frame: Frame) => boolean;

const runs = (frame: Frame): string | undefined =>
  frame.protocol === 'postgres' && (frame.type === 'query' || frame.type === 'execute')
    ? (frame.text ?? '')
    : undefined;

/** COMMIT (or END) by the client, alone or as the last of several statements. */
export const isCommit: FrameMatcher = (frame) => /(^|;)\s*(commit|end)\b[^;]*;?\s*$/i.test(runs(frame) ?? '');

/** The execution of a statement: by exact name or text, or by a pattern in either. */
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

/** basic.publish of the client with its whole body. */
export const isPublish: FrameMatcher = isMethod('basic.publish', 'up');
/** basic.ack of a consumer. */
export const isAck: FrameMatcher = isMethod('basic.ack', 'up');
/** basic.ack of the broker: a publisher confirm. */
export const isConfirm: FrameMatcher = isMethod('basic.ack', 'down');
/** basic.deliver of the broker with its whole body. */
export const isDelivery: FrameMatcher = isMethod('basic.deliver', 'down');
