import type { AmqpFrame, Frame, PostgresFrame } from './frames.ts';

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

/** What answers this very frame and not one before it in the pipeline; undefined: it has no answer that we know of. */
export const answerTo = (frame: Frame): IsAnswer | undefined => {
  if (frame.protocol === 'postgres') return ofPostgres(frame);
  return frame.confirmTag === undefined ? undefined : confirmed(frame.channel, frame.confirmTag);
};
