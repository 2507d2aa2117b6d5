import type { Random } from '../../random.ts';
import type { Pipe } from '../clock/scheduler.ts';
import { numberOf, type Fields, type Frame } from './amqplib.ts';
import type { Copy, ServerChannel, Unacked } from './types.ts';

type ChannelOptions = {
  readonly number: number;
  readonly send: (frames: Frame[]) => void;
  readonly confirms: Pipe;
  readonly random: Random;
};

export const createServerChannel = ({ number, send, confirms, random }: ChannelOptions): ServerChannel => {
  const unacked = new Map<number, Unacked>();
  const settled = new Set<number>();
  let [delivered, published, confirmedUpTo] = [0, 0, 0];
  let released = false;

  const sendMethod = (id: number, fields: Fields, message?: Copy): void => {
    const frames: Frame[] = [{ channel: number, id, fields }];
    if (message)
      frames.push({
        channel: number,
        id: numberOf('BasicProperties'),
        fields: headersOf(message),
        size: message.content.length,
      });
    if (message && message.content.length > 0) frames.push({ channel: number, content: message.content });
    send(frames);
  };

  /** The broker may confirm many messages at once, or one at a time, in any order. */
  const confirmSome = (): void => {
    if (settled.size === 0 || released) return;
    let last = confirmedUpTo;
    while (settled.has(last + 1)) last += 1;
    const multiple = last > confirmedUpTo && random.chance(0.5);
    const tag = multiple ? last : random.pick([...settled]);
    sendMethod(numberOf('BasicAck'), { deliveryTag: tag, multiple });
    for (const one of multiple ? [...settled].filter((candidate) => candidate <= tag) : [tag]) settled.delete(one);
    if (multiple || tag === confirmedUpTo + 1) confirmedUpTo = Math.max(confirmedUpTo, tag);
    if (settled.size > 0) confirms.push(confirmSome);
  };

  const channel: ServerChannel = {
    number,
    confirming: false,
    closing: false,
    prefetch: Infinity,
    consumers: new Map(),
    send: sendMethod,
    deliver: (consumer, copy) => {
      delivered += 1;
      if (!consumer.noAck) {
        unacked.set(delivered, { copy, consumer });
        consumer.queue.unacked += 1;
        consumer.unacked += 1;
      }
      const { exchange, routingKey } = copy;
      const fields = {
        consumerTag: consumer.tag,
        deliveryTag: delivered,
        redelivered: copy.deliveries > 0,
        exchange,
        routingKey,
      };
      sendMethod(numberOf('BasicDeliver'), fields, copy);
    },
    settle: (tag, multiple) => {
      const tags = multiple ? [...unacked.keys()].filter((known) => tag === 0 || known <= tag) : [tag];
      if (tag !== 0 && !unacked.has(tag)) return null;
      const taken = tags.map((one) => unacked.get(one) as Unacked);
      for (const one of tags) unacked.delete(one);
      for (const { consumer } of taken) consumer.unacked -= 1;
      return taken;
    },
    outstanding: (queue) =>
      [...unacked.values()].filter(({ consumer }) => consumer.queue === queue).map(({ copy }) => copy),
    requeue: (given) => {
      for (const [queue, ofQueue] of Map.groupBy(given, ({ consumer }) => consumer.queue))
        queue.requeue(ofQueue.map(({ copy }) => copy));
    },
    release: () => {
      released = true;
      for (const { queue } of channel.consumers.values())
        queue.consumers = queue.consumers.filter((consumer) => consumer.channel !== channel);
      channel.consumers.clear();
      channel.requeue(channel.settle(0, true) ?? []);
    },
    cancelled: ({ tag }) => {
      channel.consumers.delete(tag);
      sendMethod(numberOf('BasicCancel'), { consumerTag: tag, nowait: true });
    },
    nextPublish: () => (published += 1),
    confirm: (tag, isAck) => {
      if (released) return;
      if (!isAck) return sendMethod(numberOf('BasicNack'), { deliveryTag: tag, multiple: false, requeue: false });
      settled.add(tag);
      confirms.push(confirmSome);
    },
  };
  return channel;
};

const headersOf = ({ properties, deliveries }: Copy): Fields =>
  deliveries > 0
    ? { ...properties, headers: { ...(properties['headers'] as Fields), 'x-delivery-count': deliveries } }
    : properties;
