import { randomUUID } from 'node:crypto';
import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { eventually } from '@mentor-sessions/local-stack/eventually';

/** A real or simulated broker, for the conformance tests. */
export type Subject = { connect(user?: 'bookings'): Promise<ChannelModel> };

type Scenario = { readonly run: (subject: Subject) => Promise<unknown>; readonly expected: unknown };

const quorum = (more: object = {}) => ({ durable: true, arguments: { 'x-queue-type': 'quorum', ...more } });

const channelOn = async (connection: ChannelModel): Promise<Channel> => {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  return channel;
};

const open = async (subject: Subject) => {
  const connection = await subject.connect();
  connection.on('error', () => undefined);
  const name = `conformance-${randomUUID()}`;
  return { connection, channel: await channelOn(connection), name };
};

const confirming = async (connection: ChannelModel): Promise<ConfirmChannel> => {
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  return channel;
};

type Message = {
  readonly exchange?: string;
  readonly key: string;
  readonly body?: string | Buffer;
  readonly options?: object;
};

const publish = (channel: ConfirmChannel, { exchange, key, body = '', options = {} }: Message): Promise<string> =>
  new Promise((resolve) =>
    channel.publish(exchange ?? '', key, Buffer.from(body), options, (error: Error | null) =>
      resolve(error ? error.message : 'confirmed'),
    ),
  );

/** An exchange without a queue. */
const openExchange = async (subject: Subject) => {
  const opened = await open(subject);
  await opened.channel.assertExchange(opened.name, 'topic', { durable: true });
  return { ...opened, publisher: await confirming(opened.connection) };
};

/** A queue with its own exchange, so that both kinds of broker route alike. */
const openQueue = async (subject: Subject, more: object = {}) => {
  const opened = await openExchange(subject);
  const { channel, name, publisher } = opened;
  await channel.assertQueue(name, quorum(more));
  await channel.bindQueue(name, name, 'a.#');
  const send = (...bodies: string[]) =>
    Promise.all(
      bodies.map((body) => publish(publisher, { exchange: name, key: 'a.b', body, options: { messageId: body } })),
    );
  const waiting = async (): Promise<number> => (await channel.checkQueue(name)).messageCount;
  return { ...opened, send, waiting };
};

const consume = async (channel: Channel, queue: string) => {
  const seen: (ConsumeMessage | null)[] = [];
  const { consumerTag } = await channel.consume(queue, (message) => void seen.push(message));
  const atLeast = (count: number) => eventually(() => seen.length >= count, { describe: `${count} deliveries` });
  return { seen, consumerTag, atLeast };
};

const shown = (message: ConsumeMessage | null | undefined) =>
  message && [
    message.content.toString(),
    message.fields.redelivered,
    (message.properties.headers as Record<string, unknown>)['x-delivery-count'],
  ];

const closing = (channel: Channel): Promise<number> =>
  new Promise((resolve) => channel.once('error', (error: { code: number }) => resolve(error.code)));

/** A round trip: everything sent before it was handled. */
const roundTrip = async (channel: Channel, queue: string): Promise<void> => void (await channel.checkQueue(queue));

export const scenarios: Readonly<Record<string, Scenario>> = {
  'what no queue takes is returned first, and confirmed then': {
    run: async (subject) => {
      const { publisher, name } = await openExchange(subject);
      const seen: unknown[] = [];
      publisher.on('return', ({ fields, properties }: ConsumeMessage) => seen.push([fields, properties.messageId]));
      seen.push(await publish(publisher, { exchange: name, key: 'a.b', options: { mandatory: true, messageId: 'm' } }));
      const [[fields, id], confirm] = seen as [[{ replyCode: number; replyText: string }, string], string];
      return [fields.replyCode, fields.replyText, id, confirm];
    },
    expected: [312, 'NO_ROUTE', 'm', 'confirmed'],
  },
  'without mandatory it is only confirmed': {
    run: async (subject) => {
      const { publisher, name } = await openExchange(subject);
      const returned: unknown[] = [];
      publisher.on('return', (message) => returned.push(message));
      return [await publish(publisher, { exchange: name, key: 'a.b' }), returned.length];
    },
    expected: ['confirmed', 0],
  },
  'a publish to a missing exchange closes the channel, fails its confirm, and leaves the connection alone': {
    run: async (subject) => {
      const { connection, name } = await open(subject);
      const publisher = await confirming(connection);
      const [code, confirm] = await Promise.all([
        closing(publisher),
        publish(publisher, { exchange: name, key: 'a.b' }),
      ]);
      const other = await confirming(connection);
      await other.assertExchange(name, 'topic', { durable: true });
      return [code, confirm, await publish(other, { exchange: name, key: 'a.b' })];
    },
    expected: [404, 'channel closed', 'confirmed'],
  },
  'a publish in the name of another user closes the channel': {
    run: async (subject) => {
      const { channel } = await open(subject);
      await channel.assertExchange('mentoring.events', 'topic', { durable: true });
      const connection = await subject.connect('bookings');
      const publisher = await confirming(connection);
      const message = { exchange: 'mentoring.events', key: 'booking.accepted', options: { userId: 'sessions' } };
      const answer = await Promise.all([closing(publisher), publish(publisher, message)]);
      await connection.close();
      return answer;
    },
    expected: [406, 'channel closed'],
  },
  'a body above the broker’s limit closes the channel': {
    run: async (subject) => {
      const { publisher, name } = await openExchange(subject);
      const body = Buffer.alloc(134_217_729);
      return Promise.all([closing(publisher), publish(publisher, { exchange: name, key: 'a.b', body })]);
    },
    expected: [406, 'channel closed'],
  },
  'a consumer whose queue is deleted gets null': {
    run: async (subject) => {
      const { channel, connection, name, send } = await openQueue(subject);
      const { seen, atLeast } = await consume(channel, name);
      await send('m');
      await atLeast(1);
      await (await channelOn(connection)).deleteQueue(name);
      await atLeast(2);
      return seen.map((message) => message?.content.toString() ?? null);
    },
    expected: ['m', null],
  },
  'what was not acknowledged comes back when the connection is lost, and says so': {
    run: async (subject) => {
      const { name, send, channel } = await openQueue(subject);
      await send('m');
      const other = await open(subject);
      const first = await consume(other.channel, name);
      await first.atLeast(1);
      (other.connection.connection as unknown as { stream: { destroy(error: Error): void } }).stream.destroy(
        new Error('cut'),
      );
      const second = await consume(channel, name);
      await second.atLeast(1);
      return [shown(first.seen[0]), shown(second.seen[0])];
    },
    expected: [
      ['m', false, undefined],
      ['m', true, 1],
    ],
  },
  'what is given back too often goes to the dead queue, as it was': {
    run: async (subject) => {
      const { channel: declaring, name: dead } = await open(subject);
      await declaring.assertExchange(dead, 'direct', { durable: true });
      await declaring.assertQueue(dead, quorum());
      await declaring.bindQueue(dead, dead, 'k');
      const letters = { 'x-dead-letter-exchange': dead, 'x-dead-letter-routing-key': 'k' };
      const more = {
        'x-delivery-limit': 2,
        ...letters,
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      };
      const { channel, name, send } = await openQueue(subject, more);
      const seen: unknown[] = [];
      await channel.consume(name, (message) => {
        if (!message) return;
        seen.push(shown(message));
        channel.nack(message, false, true);
      });
      await send('m');
      const { seen: ended, atLeast } = await consume(declaring, dead);
      await atLeast(1);
      const { content, properties, fields } = ended[0] as ConsumeMessage;
      return [
        seen,
        content.toString(),
        properties.messageId,
        fields.routingKey,
        properties.headers?.['x-first-death-reason'],
      ];
    },
    expected: [
      [
        ['m', false, undefined],
        ['m', true, 1],
        ['m', true, 2],
      ],
      'm',
      'm',
      'k',
      'delivery_limit',
    ],
  },
  'prefetch bounds what is out, and an acknowledgement of many makes room for as many': {
    run: async (subject) => {
      const { channel, name, send, waiting } = await openQueue(subject);
      await channel.prefetch(2);
      const { seen, atLeast } = await consume(channel, name);
      await send('1', '2', '3', '4', '5');
      await atLeast(2);
      await roundTrip(channel, name);
      const before = [seen.length, await waiting()];
      channel.ack(seen[1] as ConsumeMessage, true);
      await atLeast(4);
      await roundTrip(channel, name);
      return [...before, seen.length, await waiting()];
    },
    expected: [2, 3, 4, 1],
  },
  'acknowledged ones do not come back, the others do, before what waits': {
    run: async (subject) => {
      const { channel, connection, name, send } = await openQueue(subject);
      const consuming = await channelOn(connection);
      await consuming.prefetch(2);
      const { seen, atLeast } = await consume(consuming, name);
      for (const body of ['1', '2', '3']) await send(body);
      await atLeast(2);
      consuming.ack(seen[0] as ConsumeMessage);
      await atLeast(3);
      await send('4');
      await consuming.close();
      const again = await consume(channel, name);
      await again.atLeast(3);
      return again.seen.map((message) => message?.content.toString());
    },
    expected: ['2', '3', '4'],
  },
  'an unknown delivery tag closes the channel': {
    run: async (subject) => {
      const { channel, name, send } = await openQueue(subject);
      const { seen, atLeast } = await consume(channel, name);
      await send('m');
      await atLeast(1);
      const closed = closing(channel);
      channel.ack(seen[0] as ConsumeMessage);
      channel.ack(seen[0] as ConsumeMessage);
      return closed;
    },
    expected: 406,
  },
  'a cancelled consumer gets no more, and what it holds stays with its channel': {
    run: async (subject) => {
      const { channel, name, send, waiting } = await openQueue(subject);
      const { seen, atLeast, consumerTag } = await consume(channel, name);
      await send('1');
      await atLeast(1);
      await channel.cancel(consumerTag);
      await send('2');
      await eventually(async () => (await waiting()) === 1, { describe: 'one message waits' });
      channel.nackAll(true);
      await eventually(async () => (await waiting()) === 2, { describe: 'two messages wait' });
      return seen.length;
    },
    expected: 1,
  },
  'a queue declared otherwise closes the channel': {
    run: async (subject) => {
      const { channel, name } = await openQueue(subject);
      return channel
        .assertQueue(name, quorum({ 'x-delivery-limit': 7 }))
        .catch((error: { code: number }) => error.code);
    },
    expected: 406,
  },
  'a queue that is not there closes the channel of who consumes it': {
    run: async (subject) => {
      const { channel, name } = await open(subject);
      return channel.consume(name, () => undefined).catch((error: { code: number }) => error.code);
    },
    expected: 404,
  },
};
