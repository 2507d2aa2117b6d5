import { isDeepStrictEqual } from 'node:util';
import { numberOf, tableOf, type Fields, type Frame } from './amqplib.ts';
import { ChannelError } from './channel-error.ts';
import { publish } from './publish.ts';
import type { ServerChannel, ServerConnection } from './types.ts';

type Call = { readonly connection: ServerConnection; readonly channel: ServerChannel; readonly fields: Fields };
type Method = (call: Call) => void;

const text = (fields: Fields, name: string): string => String(fields[name]);

const exchangeOf = ({ connection: { broker } }: Call, name: string) => {
  const exchange = broker.exchanges.get(name);
  if (!exchange) throw new ChannelError(404, `NOT_FOUND - no exchange '${name}' in vhost '/'`);
  return exchange;
};

const queueOf = ({ connection: { broker } }: Call, name: string) => {
  const queue = broker.queues.get(name);
  if (!queue) throw new ChannelError(404, `NOT_FOUND - no queue '${name}' in vhost '/'`);
  return queue;
};

const declareExchange: Method = ({ connection: { broker }, channel, fields }) => {
  const [name, type] = [text(fields, 'exchange'), text(fields, 'type')];
  const known = broker.exchanges.get(name);
  if (known && known.type !== type)
    throw new ChannelError(406, `PRECONDITION_FAILED - inequivalent arg 'type' for exchange '${name}'`);
  if (!known) broker.exchanges.set(name, { name, type, bindings: [] });
  channel.send(numberOf('ExchangeDeclareOk'), {});
};

const declareQueue: Method = (call) => {
  const {
    connection: { broker },
    channel,
    fields,
  } = call;
  const name = text(fields, 'queue');
  const args = tableOf(fields['arguments']);
  const known = fields['passive'] ? queueOf(call, name) : broker.queues.get(name);
  if (known && !fields['passive'] && !isDeepStrictEqual(known.arguments, args))
    throw new ChannelError(406, `PRECONDITION_FAILED - inequivalent arguments for queue '${name}'`);
  const queue = known ?? broker.declareQueue(name, args);
  channel.send(numberOf('QueueDeclareOk'), {
    queue: name,
    messageCount: queue.ready.length,
    consumerCount: queue.consumers.length,
  });
};

const bindQueue: Method = (call) => {
  const queue = queueOf(call, text(call.fields, 'queue'));
  const exchange = exchangeOf(call, text(call.fields, 'exchange'));
  const pattern = text(call.fields, 'routingKey');
  if (!exchange.bindings.some((known) => known.queue === queue && known.pattern === pattern))
    exchange.bindings.push({ queue, pattern });
  call.channel.send(numberOf('QueueBindOk'), {});
};

const unbindQueue: Method = (call) => {
  const exchange = exchangeOf(call, text(call.fields, 'exchange'));
  const [queue, pattern] = [text(call.fields, 'queue'), text(call.fields, 'routingKey')];
  exchange.bindings = exchange.bindings.filter((known) => known.queue.name !== queue || known.pattern !== pattern);
  call.channel.send(numberOf('QueueUnbindOk'), {});
};

const deleteQueue: Method = ({ connection: { broker }, channel, fields }) => {
  const messageCount = broker.queues.get(text(fields, 'queue'))?.ready.length ?? 0;
  broker.deleteQueue(text(fields, 'queue'));
  channel.send(numberOf('QueueDeleteOk'), { messageCount });
};

const deleteExchange: Method = ({ connection: { broker }, channel, fields }) => {
  broker.exchanges.delete(text(fields, 'exchange'));
  channel.send(numberOf('ExchangeDeleteOk'), {});
};

let tags = 0;

const consume: Method = (call) => {
  const { channel, fields } = call;
  const queue = queueOf(call, text(fields, 'queue'));
  const tag = text(fields, 'consumerTag') || `amq.ctag-${(tags += 1)}`;
  const consumer = { tag, queue, channel, limit: channel.prefetch, noAck: fields['noAck'] === true, unacked: 0 };
  channel.consumers.set(tag, consumer);
  queue.consumers.push(consumer);
  channel.send(numberOf('BasicConsumeOk'), { consumerTag: tag });
  queue.dispatch();
};

const cancel: Method = ({ channel, fields }) => {
  const tag = text(fields, 'consumerTag');
  const consumer = channel.consumers.get(tag);
  if (consumer) consumer.queue.consumers = consumer.queue.consumers.filter((one) => one !== consumer);
  channel.consumers.delete(tag);
  channel.send(numberOf('BasicCancelOk'), { consumerTag: tag });
};

const qos: Method = ({ channel, fields }) => {
  channel.prefetch = Number(fields['prefetchCount']) || Infinity;
  channel.send(numberOf('BasicQosOk'), {});
};

const settle = ({ channel, fields }: Call, multiple: boolean) => {
  const tag = Number(fields['deliveryTag']);
  const settled = channel.settle(tag, multiple);
  if (!settled) throw new ChannelError(406, `PRECONDITION_FAILED - unknown delivery tag ${tag}`);
  return settled;
};

const ack: Method = (call) => {
  const settled = settle(call, call.fields['multiple'] === true);
  for (const { consumer } of settled) consumer.queue.unacked -= 1;
  for (const queue of new Set(settled.map(({ consumer }) => consumer.queue))) queue.dispatch();
};

/** Only requeueing: our code uses nothing else. */
const nack: Method = (call) => call.channel.requeue(settle(call, call.fields['multiple'] === true));

const confirmSelect: Method = ({ channel }) => {
  channel.confirming = true;
  channel.send(numberOf('ConfirmSelectOk'), {});
};

const closeChannel: Method = ({ connection, channel }) => {
  connection.channels.delete(channel.number);
  channel.release();
  channel.send(numberOf('ChannelCloseOk'), {});
};

const methods = new Map<number, Method>([
  [numberOf('ExchangeDeclare'), declareExchange],
  [numberOf('ExchangeDelete'), deleteExchange],
  [numberOf('QueueDeclare'), declareQueue],
  [numberOf('QueueDelete'), deleteQueue],
  [numberOf('QueueBind'), bindQueue],
  [numberOf('QueueUnbind'), unbindQueue],
  [numberOf('BasicConsume'), consume],
  [numberOf('BasicCancel'), cancel],
  [numberOf('BasicQos'), qos],
  [numberOf('BasicAck'), ack],
  [numberOf('BasicNack'), nack],
  [numberOf('BasicReject'), nack],
  [numberOf('ConfirmSelect'), confirmSelect],
  [numberOf('ChannelClose'), closeChannel],
]);

/** Closes a channel, because a method is refused or by the broker's own decision. */
export const refuse = (
  connection: ServerConnection,
  channel: ServerChannel,
  { code, message, method = 0 }: { code: number; message: string; method?: number },
): void => {
  channel.closing = true;
  channel.release();
  const fields = { replyCode: code, replyText: message, classId: method >> 16, methodId: method & 0xffff };
  connection.send([{ channel: channel.number, id: numberOf('ChannelClose'), fields }]);
};

const onChannelZero = (connection: ServerConnection, method: number): void => {
  if (method !== numberOf('ConnectionClose')) return;
  connection.sendMethod(numberOf('ConnectionCloseOk'), {});
  connection.gone();
};

const onChannel = (connection: ServerConnection, [frame, header, content]: readonly Frame[]): void => {
  const { channel: number, id: method = 0, fields = {} } = frame as Frame;
  const channel = connection.channels.get(number);
  if (!channel) {
    if (method === numberOf('ChannelOpen')) connection.openChannel(number).send(numberOf('ChannelOpenOk'), {});
    return;
  }
  if (channel.closing) {
    if (method === numberOf('ChannelCloseOk')) connection.channels.delete(number);
    if (method === numberOf('ChannelClose')) channel.send(numberOf('ChannelCloseOk'), {}); // both sides closed it at once
    return;
  }
  try {
    if (method === numberOf('BasicPublish'))
      publish({
        connection,
        channel,
        fields: { ...fields, ...header?.fields },
        content: content?.content ?? Buffer.alloc(0),
      });
    else methods.get(method)?.({ connection, channel, fields });
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    refuse(connection, channel, { code: error.code, message: error.message, method });
  }
};

/** Handles one method of a client, with its content, if any. */
export const receive = (connection: ServerConnection, frames: readonly Frame[]): void => {
  if (!connection.isOpen()) return;
  const [first] = frames as [Frame];
  if (first.channel === 0) onChannelZero(connection, first.id ?? 0);
  else onChannel(connection, frames);
};
