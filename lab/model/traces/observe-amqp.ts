import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { inTx } from './observe-database.ts';
import type { See } from './seen.ts';

type Publication = { readonly id: number; readonly messageId: string };
type Properties = { readonly messageId: string; readonly mandatory?: boolean };
type Confirm = (error: Error | null) => void;
type Publish = (exchange: string, key: string, body: Buffer, properties: Properties, confirm: Confirm) => boolean;
type ConfirmingChannel = {
  publish: Publish;
  prependListener(event: 'return', heard: (message: { properties: Properties }) => void): void;
};

type Delivery = {
  readonly fields: { readonly deliveryTag: number; readonly redelivered: boolean };
  readonly properties: { readonly messageId: unknown };
};
type ConsumingChannel = {
  consume(queue: string, onDelivery: (delivery: Delivery | null) => void, options?: unknown): Promise<unknown>;
  ack(delivery: Delivery, upTo?: boolean): void;
  ackAll(): void;
  nack(delivery: Delivery, upTo?: boolean, requeue?: boolean): void;
  nackAll(requeue?: boolean): void;
  once(event: 'close', heard: () => void): void;
};

const require = createRequire(import.meta.url);
const model = join(dirname(require.resolve('amqplib')), 'lib', 'channel_model.js');

/** A tag above all others; JSON has no Infinity. */
const ALL = Number.MAX_SAFE_INTEGER;

let publications = 0;
let channels = 0;

/** Watches every channel of this process. `seeFor` returns the recorder of the running code. */
export const watchChannels = (seeFor: () => See): void => {
  const { Channel, ConfirmChannel } = require(model) as {
    Channel: { prototype: ConsumingChannel };
    ConfirmChannel: { prototype: ConfirmingChannel };
  };
  watchPublishing(ConfirmChannel.prototype, seeFor);
  watchConsuming(Channel.prototype, seeFor);
};

const watchConsuming = (prototype: ConsumingChannel, seeFor: () => See): void => {
  const { consume, ack, ackAll, nack, nackAll } = prototype;
  const watched = new WeakMap<ConsumingChannel, { readonly channel: number; readonly see: See }>();

  prototype.consume = function (queue, onDelivery, options) {
    const { channel, see } = watched.get(this) ?? { channel: ++channels, see: seeFor() };
    if (!watched.has(this)) this.once('close', () => see({ kind: 'lost', channel }));
    watched.set(this, { channel, see });
    const watching = (delivery: Delivery | null): void => {
      if (delivery) {
        const { deliveryTag: tag, redelivered } = delivery.fields;
        see({ kind: 'received', channel, queue, tag, redelivered, messageId: String(delivery.properties.messageId) });
      } else see({ kind: 'lost', channel }); // the queue was deleted
      onDelivery(delivery);
    };
    return consume.call(this, queue, watching, options);
  };
  /** A channel that is closed throws. */
  const settling = (channel: ConsumingChannel, kind: 'acked' | 'requeued', tag: number, isUpTo: boolean): void => {
    const known = watched.get(channel);
    known?.see({ kind, channel: known.channel, tag, isUpTo });
  };
  prototype.ack = function (delivery, upTo = false) {
    ack.call(this, delivery, upTo);
    settling(this, 'acked', delivery.fields.deliveryTag, upTo);
  };
  prototype.ackAll = function () {
    ackAll.call(this);
    settling(this, 'acked', ALL, true);
  };
  prototype.nack = function (delivery, upTo = false, requeue = true) {
    nack.call(this, delivery, upTo, requeue);
    settling(this, 'requeued', delivery.fields.deliveryTag, upTo);
  };
  prototype.nackAll = function (requeue) {
    nackAll.call(this, requeue);
    settling(this, 'requeued', ALL, true);
  };
};

const watchPublishing = (prototype: ConfirmingChannel, seeFor: () => See): void => {
  const { publish } = prototype;
  const open = new WeakMap<ConfirmingChannel, Set<Publication>>();
  const known = new WeakMap<Buffer, number>();

  const openOn = (channel: ConfirmingChannel, see: See): Set<Publication> => {
    const there = open.get(channel);
    if (there) return there;
    const made = new Set<Publication>();
    open.set(channel, made);
    channel.prependListener('return', ({ properties: { messageId } }) => {
      // it may be about either of two copies in flight
      for (const returned of made)
        if (returned.messageId === messageId) see({ kind: 'returned', publication: returned.id });
    });
    return made;
  };

  prototype.publish = function (this: ConfirmingChannel, exchange, key, body, properties, confirm) {
    const see = seeFor();
    const { messageId, mandatory = false } = properties;
    const id = known.get(body) ?? ++publications;
    known.set(body, id);
    const publication: Publication = { id, messageId };
    const unanswered = openOn(this, see);
    const answered: Confirm = (error) => {
      unanswered.delete(publication);
      if (!error) see({ kind: 'confirmed', publication: id });
      else if (error.message === 'message nacked') see({ kind: 'nacked', publication: id });
      confirm(error);
    };
    const taken = publish.call(this, exchange, key, body, properties, answered);
    unanswered.add(publication);
    see({ kind: 'sent', publication: id, tx: inTx.getStore() ?? 0, messageId, mandatory });
    return taken;
  };
};
