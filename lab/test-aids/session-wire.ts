import { connect } from 'amqplib';
import { eventually } from '@mentor-sessions/local-stack/eventually';

type Event = { readonly id: string; readonly type: string; readonly source: string };

/** The development administrator of the broker, who may publish as any service. */
export const openSessionWire = async (amqpUrl: string) => {
  const connection = await connect(amqpUrl, { noDelay: true });
  connection.on('error', () => undefined);
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  await channel.assertExchange('mentoring.events', 'topic', { durable: true });
  return {
    /** Publishes as the service that is their source, each so many times; resolves when the broker has confirmed all. */
    publish: async (events: readonly Event[], copies = 1): Promise<void> => {
      for (let copy = 0; copy < copies; copy++)
        for (const event of events) {
          const body = Buffer.from(JSON.stringify(event));
          const properties = { messageId: event.id, userId: event.source.slice(1), type: event.type, persistent: true };
          channel.publish('mentoring.events', event.type, body, properties);
        }
      await channel.waitForConfirms();
    },
    /** Messages in a queue. */
    waiting: async (queue: string) => (await channel.checkQueue(queue)).messageCount,
    /** The number of consumers; rejects if the queue does not exist. */
    consumers: async (queue: string) => (await channel.checkQueue(queue)).consumerCount,
    close: () => connection.close().catch(() => undefined),
  };
};

export type SessionWire = Awaited<ReturnType<typeof openSessionWire>>;

/** Waits until exactly one consumer is registered. On its own connection: a missing queue closes the channel. */
export const untilConsumed = (amqpUrl: string, queue: string): Promise<unknown> =>
  eventually(
    async () => {
      const probe = await openSessionWire(amqpUrl);
      return probe
        .consumers(queue)
        .then((count) => count === 1)
        .finally(() => probe.close());
    },
    { within: 30_000, describe: `${queue} has its consumer` },
  );
