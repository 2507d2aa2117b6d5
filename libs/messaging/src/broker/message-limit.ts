import { randomUUID } from 'node:crypto';
import type { ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { dropConnection, openConnection, type BrokerAddress } from './connect.ts';

/** Whether the broker refuses bodies above a size; `interrupted`: the connection ended before the broker answered. */
export type LimitCheck = 'refused' | 'accepted' | 'unknown' | 'interrupted';

const ANSWERS_WITHIN_MS = 10_000;

/**
 * Clients cannot read the broker's `max_message_size`, so this tries it: RabbitMQ (3.8 to 4.3) checks the size before it
 * looks up the exchange. It publishes one byte more than `largest` to an exchange that does not exist; the channel is
 * closed with 406 if the size is refused, and with 404 or 403 if it is not. Nothing is routed either way.
 */
export const checkMessageLimit = async (
  connection: ChannelModel,
  largest: number,
  exchange: string,
): Promise<LimitCheck> => {
  const channel = await connection.createChannel();
  const answer = Promise.withResolvers<LimitCheck>();
  channel.on('error', ({ code }: { code?: number }) =>
    answer.resolve(code === 406 ? 'refused' : code === 404 || code === 403 ? 'accepted' : 'unknown'),
  );
  channel.once('close', () => answer.resolve('interrupted'));
  const timer = setTimeout(answer.resolve, ANSWERS_WITHIN_MS, 'unknown').unref();
  channel.publish(exchange, '', Buffer.alloc(largest + 1));
  const found = await answer.promise;
  clearTimeout(timer);
  return found;
};

const whatToChange = (largest: number): string =>
  `set max_message_size = ${largest} in rabbitmq.conf and restart the broker; larger messages are not handled, and cost memory and time until they are dead-lettered as too-large`;

type Limit = {
  readonly broker: BrokerAddress;
  readonly largest: number;
  readonly owner: string;
  readonly log: Logger;
};

/**
 * Checks at each call until the limit is found to be set, and logs what to change. On a connection of its own: in an alarm
 * the broker reads nothing more from a connection that has published, not even acknowledgements. A failure of that
 * connection is not reported; the check is repeated with the next connection of the consumer.
 */
export const createLimitReport = ({ broker, largest, owner, log }: Limit) => {
  let isSet = false;

  const check = async (ended: AbortSignal): Promise<LimitCheck> => {
    const connection = await openConnection({ ...broker, name: `${broker.name} limit` }, ended);
    connection.on('error', () => undefined); // 'interrupted'
    try {
      return await checkMessageLimit(connection, largest, `${owner}.no-exchange.${randomUUID()}`);
    } finally {
      await dropConnection(connection);
    }
  };

  return async (ended: AbortSignal): Promise<void> => {
    if (isSet) return;
    const found = await check(ended).catch((): LimitCheck => 'interrupted');
    isSet = found === 'refused';
    if (found === 'accepted')
      log.warn({ largest }, `the broker takes messages larger than ${largest} bytes: ${whatToChange(largest)}`);
    if (found === 'unknown')
      log.warn({ largest }, `the broker's max_message_size cannot be determined: ${whatToChange(largest)}`);
  };
};
