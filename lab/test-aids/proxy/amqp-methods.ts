/** Classes and methods of AMQP 0-9-1 (amqp0-9-1.xml) and RabbitMQ's extensions; those ending in -ok follow their request. */
const classes: Readonly<Record<number, readonly [string, Readonly<Record<number, string>>]>> = {
  10: [
    'connection',
    {
      10: 'start',
      11: 'start-ok',
      30: 'tune',
      31: 'tune-ok',
      40: 'open',
      41: 'open-ok',
      50: 'close',
      51: 'close-ok',
      60: 'blocked',
      61: 'unblocked',
    },
  ],
  20: ['channel', { 10: 'open', 11: 'open-ok', 20: 'flow', 21: 'flow-ok', 40: 'close', 41: 'close-ok' }],
  40: ['exchange', { 10: 'declare', 11: 'declare-ok', 20: 'delete', 21: 'delete-ok' }],
  50: [
    'queue',
    {
      10: 'declare',
      11: 'declare-ok',
      20: 'bind',
      21: 'bind-ok',
      30: 'purge',
      31: 'purge-ok',
      40: 'delete',
      41: 'delete-ok',
    },
  ],
  60: [
    'basic',
    {
      ...{ 10: 'qos', 11: 'qos-ok', 20: 'consume', 21: 'consume-ok', 30: 'cancel', 31: 'cancel-ok', 40: 'publish' },
      ...{
        50: 'return',
        60: 'deliver',
        70: 'get',
        71: 'get-ok',
        72: 'get-empty',
        80: 'ack',
        90: 'reject',
        120: 'nack',
      },
    },
  ],
  85: ['confirm', { 10: 'select', 11: 'select-ok' }],
};

/** `basic.publish` for (60, 40); in numbers where we have no name. */
export const methodName = (classId: number, methodId: number): string => {
  const [className, methods] = classes[classId] ?? [String(classId), {}];
  return `${className}.${methods[methodId] ?? methodId}`;
};

export type MethodFacts = {
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly deliveryTag?: number;
  readonly multiple?: boolean;
};

const shortString = (bytes: Buffer, at: number): [text: string, end: number] => {
  const end = at + 1 + (bytes[at] ?? 0);
  return [bytes.toString('utf8', at + 1, end), end];
};

const routing = (bytes: Buffer, at: number): MethodFacts => {
  const [exchange, end] = shortString(bytes, at);
  return { exchange, routingKey: shortString(bytes, end)[0] };
};

const tag = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64BE(at));

const delivery = (bytes: Buffer): MethodFacts => {
  const at = shortString(bytes, 0)[1]; // behind the consumer tag
  return { deliveryTag: tag(bytes, at), ...routing(bytes, at + 9) };
};

const acknowledgement = (bytes: Buffer): MethodFacts => ({
  deliveryTag: tag(bytes, 0),
  multiple: ((bytes[8] ?? 0) & 1) === 1,
});

/** What of a method's arguments a test can ask for. */
export const methodFacts = (method: string, bytes: Buffer): MethodFacts => {
  if (method === 'basic.publish') return routing(bytes, 2);
  if (method === 'basic.deliver') return delivery(bytes);
  if (method === 'basic.ack' || method === 'basic.nack') return acknowledgement(bytes);
  if (method === 'basic.reject') return { deliveryTag: tag(bytes, 0) };
  return {};
};
