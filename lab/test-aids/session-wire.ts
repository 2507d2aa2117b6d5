import { connect } from 'amqplib';
import { eventually } from '@mentor-sessions/local-stack/eventually';

type Event = { readonly id: string; readonly type: string; readonly source: string };

export type SessionWire = {
  /** Publishes as the service that is their source, each so many times; resolves when the broker has confirmed all. */
  publish(events: readonly Event[], copies?: number): Promise<void>;
  /** Messages in a queue. */
  waiting(queue: string): Promise<number>;
  /** The number of consumers; rejects if the queue does not exist. */
  consumers(queue: string): Promise<number>;
  close(): Promise<void>;
};

/** The development administrator of the broker, who may publish as any service. */
export const openSessionWire = async (amqpUrl: string): Promise<SessionWire> => {
  const connection = await connect(amqpUrl, { noDelay: true });
  connection.on('error', () => undefined);
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  await channel.assertExchange('mentoring.events', 'topic', { durable: true });
  return {
    publish: async (events, copies = 1) => {
      for (let copy = 0; copy < copies; copy++)
        for (const event of events) {
          const body = Buffer.from(JSON.stringify(event));
          const properties = { messageId: event.id, userId: event.source.slice(1), type: event.type, persistent: true };
          channel.publish('mentoring.events', event.type, body, properties);
        }
      await channel.waitForConfirms();
    },
    waiting: async (queue) => (await channel.checkQueue(queue)).messageCount,
    consumers: async (queue) => (await channel.checkQueue(queue)).consumerCount,
    close: () => connection.close().catch(() => undefined),
  };
};

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
