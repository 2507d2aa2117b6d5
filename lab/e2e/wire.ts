import { randomUUID } from 'node:crypto';
import { connect, type Options } from 'amqplib';
import { bookingAcceptedQueue } from '@mentor-sessions/contracts';

/** The development administrator of the broker, who may publish as any service. */
export const openWire = async (amqpUrl: string) => {
  const connection = await connect(amqpUrl, { noDelay: true });
  connection.on('error', () => undefined);
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  const count = async (queue: string): Promise<number> => {
    const own = await connection.createChannel(); // a missing queue closes the channel
    own.on('error', () => undefined);
    const { messageCount } = await own.checkQueue(queue);
    await own.close();
    return messageCount;
  };
  return {
    /** Publishes as the bookings service does, unless `properties` differ; resolves when the broker has confirmed. */
    publish: (body: unknown, properties: Options.Publish = {}): Promise<void> => {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
      const { id } = body as { id?: string };
      const asBookings = { messageId: id ?? randomUUID(), userId: 'bookings', type: 'booking.accepted' };
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const options = { ...asBookings, persistent: true, mandatory: true, ...properties };
      channel.publish('mentoring.events', 'booking.accepted', bytes, options, (error: unknown) =>
        error ? reject(error) : resolve(),
      );
      return promise;
    },
    /** Messages in the queue of accepted bookings, and in its dead queue. */
    waiting: async () => ({
      queue: await count(bookingAcceptedQueue.name),
      dead: await count(bookingAcceptedQueue.deadQueue),
    }),
    close: () => connection.close(),
  };
};

export type Wire = Awaited<ReturnType<typeof openWire>>;
