import { numberOf, tableOf, type Fields } from './amqplib.ts';
import { ChannelError } from './channel-error.ts';
import type { Copy, ServerChannel, ServerConnection } from './types.ts';

type Publish = {
  readonly connection: ServerConnection;
  readonly channel: ServerChannel;
  readonly fields: Fields;
  readonly content: Buffer;
};

const DEFAULT_MAX_BYTES = 131_072; // max_message_size of the shipped configuration
const PROPERTIES = [
  'contentType',
  'contentEncoding',
  'headers',
  'deliveryMode',
  'priority',
  'correlationId',
  'replyTo',
  'expiration',
  'messageId',
  'timestamp',
  'type',
  'userId',
  'appId',
  'clusterId',
] as const;
const LATE_MS = 4_000;

const accepted = ({ connection: { broker, user }, fields, content }: Publish) => {
  const max = broker.maxMessageBytes ?? DEFAULT_MAX_BYTES;
  if (content.length > max)
    throw new ChannelError(
      406,
      `PRECONDITION_FAILED - message size ${content.length} is larger than configured max size ${max}`,
    );
  const exchange = broker.exchanges.get(String(fields['exchange']));
  if (!exchange) throw new ChannelError(404, `NOT_FOUND - no exchange '${String(fields['exchange'])}' in vhost '/'`);
  const { userId } = fields as { userId?: string };
  if (userId !== undefined && userId !== user)
    throw new ChannelError(
      406,
      `PRECONDITION_FAILED - user_id property set to '${userId}' but authenticated user was '${user}'`,
    );
  return exchange;
};

const copyOf = ({ fields, content }: Publish): Copy => {
  const properties = Object.fromEntries(PROPERTIES.map((name) => [name, fields[name]]));
  const { exchange, routingKey } = fields as { exchange: string; routingKey: string };
  return {
    exchange,
    routingKey,
    properties: { ...properties, headers: tableOf(fields['headers']) },
    content,
    deliveries: 0,
  };
};

/** Return before confirm; during an alarm a connection is blocked after its first publish, accepted or not. */
export const publish = (given: Publish): void => {
  const { connection, channel, fields } = given;
  const { broker } = connection;
  if (broker.alarmed) connection.block(true);
  const exchange = accepted(given);
  const tag = channel.confirming ? channel.nextPublish() : 0;
  const fate = (channel.confirming && broker.fateOf?.(fields)) || 'fine';
  if (fate !== 'nacked') {
    const copy = copyOf(given);
    const queues = broker.route(exchange, copy);
    if (fields['mandatory'] && queues.length === 0) {
      const reason = { replyCode: 312, replyText: 'NO_ROUTE', exchange: copy.exchange, routingKey: copy.routingKey };
      channel.send(numberOf('BasicReturn'), reason, copy);
    }
  }
  if (!channel.confirming || fate === 'never confirmed') return;
  if (fate === 'confirmed late')
    broker.scheduler.timer(null, broker.random.int(0, LATE_MS), () => channel.confirm(tag, true));
  else channel.confirm(tag, fate === 'fine');
};
