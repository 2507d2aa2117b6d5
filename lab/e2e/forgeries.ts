import { randomUUID } from 'node:crypto';
import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { bookingAcceptedQueue, eventsExchange, sessionEventsQueue } from '@mentor-sessions/contracts';
import { newsOf } from '../../services/bookings/test/session-news.ts';
import { aMessage } from './a-message.ts';
import type { Service } from '@mentor-sessions/local-stack/system';

/** A forger's means: a channel of its own user, a message of the other service, and a queue of its own that accepts such messages. */
type Forger = {
  readonly channel: ConfirmChannel;
  /** The message's id. */
  readonly id: string;
  readonly body: Buffer;
  readonly properties: Options.Publish;
  /** A routing key that only the other service may use. */
  readonly key: string;
  /** Its own name, the prefix of all names that it may declare. */
  readonly own: Service;
  readonly other: Service;
  /** The other service's queue. */
  readonly otherQueue: string;
  readonly queue: string;
};

type Forgery = {
  readonly how: string;
  /** `refused` by the broker, or `kept` as forged by the consumer. */
  readonly ends: 'refused' | 'kept';
  attempt(forger: Forger): Promise<unknown>;
};

const events = eventsExchange.name;
const queues = { sessions: bookingAcceptedQueue.name, bookings: sessionEventsQueue.name };

/** On a channel of the service's own user and its own queue, where it has the most rights. */
export const forgerOf = async (own: Service, connection: ChannelModel): Promise<Forger> => {
  const other = own === 'sessions' ? 'bookings' : 'sessions';
  const ids = { bookingId: randomUUID(), sessionId: randomUUID() };
  const envelope = own === 'sessions' ? aMessage() : newsOf(ids)[2]!;
  const { id, type } = envelope;
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  channel.on('return', () => undefined);
  return {
    channel,
    id,
    body: Buffer.from(JSON.stringify(envelope)),
    properties: { messageId: id, type, persistent: true },
    key: type,
    own,
    other,
    queue: queues[own],
    otherQueue: queues[other],
  };
};

/** `taken`, or `refused` with the broker's code; a refusal closes the channel. */
export const outcomeOf = async ({ attempt }: Forgery, forger: Forger): Promise<string> => {
  const closed = new Promise<string>((resolve) =>
    forger.channel.once('error', ({ code }) => resolve(`refused ${code}`)),
  );
  const done = attempt(forger).then(
    () => 'taken',
    () => closed,
  );
  return Promise.race([done, closed]);
};

const publish = (forger: Forger, exchange: string, key: string, more: Options.Publish = {}): Promise<void> => {
  const { channel, body, properties } = forger;
  channel.publish(exchange, key, body, { ...properties, mandatory: true, ...more });
  return channel.waitForConfirms();
};

/** Through an exchange of its own, to which no topic permission applies. */
const throughOwn = async (forger: Forger, type: string, more: Options.Publish = {}): Promise<void> => {
  const { channel, own, queue, key } = forger;
  const exchange = `${own}.forge-${type}`;
  await channel.assertExchange(exchange, type, { autoDelete: true });
  await channel.bindQueue(queue, exchange, key, { forged: 'yes' });
  await publish(forger, exchange, key, { headers: { forged: 'yes' }, ...more });
  await channel.unbindQueue(queue, exchange, key, { forged: 'yes' });
};

export const forgeries: readonly Forgery[] = [
  {
    how: 'published as it should be, with its own name',
    ends: 'refused',
    attempt: (f) => publish(f, events, f.key, { userId: f.own }),
  },
  { how: 'published without a name', ends: 'refused', attempt: (f) => publish(f, events, f.key) },
  {
    how: "published with the other's name",
    ends: 'refused',
    attempt: (f) => publish(f, events, f.key, { userId: f.other }),
  },
  {
    how: "as an event of its own with the other's name",
    ends: 'refused',
    attempt: (f) => publish(f, events, ownKey(f), { userId: f.other }),
  },
  { how: 'sent to its queue through the default exchange', ends: 'refused', attempt: (f) => publish(f, '', f.queue) },
  { how: 'sent through amq.topic', ends: 'refused', attempt: (f) => publish(f, 'amq.topic', f.key) },
  { how: 'sent through amq.fanout', ends: 'refused', attempt: (f) => publish(f, 'amq.fanout', f.key) },
  {
    how: "sent through its own exchange with the other's name",
    ends: 'refused',
    attempt: (f) => throughOwn(f, 'direct', { userId: f.other }),
  },
  { how: 'sent through its own direct exchange', ends: 'kept', attempt: (f) => throughOwn(f, 'direct') },
  {
    how: 'sent through its own fanout exchange, with its own name',
    ends: 'kept',
    attempt: (f) => throughOwn(f, 'fanout', { userId: f.own }),
  },
  {
    how: "with the other's name among the headers",
    ends: 'kept',
    attempt: (f) => throughOwn(f, 'headers', { headers: { forged: 'yes', 'user-id': f.other, 'x-user-id': f.other } }),
  },
  {
    how: 'under a routing key of its own, bound to the queue',
    ends: 'kept',
    attempt: async (f) => {
      const key = f.own === 'sessions' ? 'session.forged' : 'booking.forged';
      await f.channel.bindQueue(f.queue, events, key);
      await publish(f, events, key);
      await f.channel.unbindQueue(f.queue, events, key);
    },
  },
  {
    how: 'let in by an alternate exchange',
    ends: 'kept',
    attempt: async (f) => {
      const exchange = `${f.own}.forge-alternate`;
      await f.channel.assertExchange(exchange, 'topic', { autoDelete: true, alternateExchange: events });
      await publish(f, exchange, f.key);
      await f.channel.deleteExchange(exchange);
    },
  },
  {
    how: 'let in by a binding from its own exchange to the events',
    ends: 'kept',
    attempt: async (f) => {
      const exchange = `${f.own}.forge-bridge`;
      await f.channel.assertExchange(exchange, 'fanout', { autoDelete: true });
      await f.channel.bindExchange(events, exchange, '');
      await publish(f, exchange, f.key);
      await f.channel.deleteExchange(exchange);
    },
  },
  {
    how: 'dead-lettered into the events from a queue of its own',
    ends: 'kept',
    attempt: async (f) => {
      const name = `${f.own}.forge-trap`;
      const routing = { 'x-message-ttl': 1, 'x-dead-letter-exchange': events, 'x-dead-letter-routing-key': f.key };
      await f.channel.assertExchange(name, 'fanout', { autoDelete: true });
      await f.channel.assertQueue(name, { durable: true, expires: 5_000, arguments: routing });
      await f.channel.bindQueue(name, name, '');
      await publish(f, name, '');
    },
  },
  {
    how: 'carried in CC beside an event of its own',
    ends: 'kept',
    attempt: (f) => publish(f, events, ownKey(f), { CC: [f.key] }),
  },
  {
    how: 'carried in BCC beside an event of its own',
    ends: 'kept',
    attempt: (f) => publish(f, events, ownKey(f), { BCC: [f.key] }),
  },
  {
    how: "put into the other's queue through a binding",
    ends: 'refused',
    attempt: (f) => f.channel.bindQueue(f.otherQueue, events, '#'),
  },
  { how: "after deleting the other's queue", ends: 'refused', attempt: (f) => f.channel.deleteQueue(f.otherQueue) },
  { how: "after emptying the other's queue", ends: 'refused', attempt: (f) => f.channel.purgeQueue(f.otherQueue) },
  {
    how: "by reading the other's queue",
    ends: 'refused',
    attempt: (f) => f.channel.consume(f.otherQueue, () => undefined),
  },
  {
    how: "through an exchange under the other's name",
    ends: 'refused',
    attempt: (f) => f.channel.assertExchange(`${f.other}.forge`, 'fanout'),
  },
  {
    how: 'through an exchange under no name of its own',
    ends: 'refused',
    attempt: (f) => f.channel.assertExchange('forge', 'fanout'),
  },
  {
    how: 'through a queue under no name of its own',
    ends: 'refused',
    attempt: (f) => f.channel.assertQueue('forge'),
  },
  {
    how: 'by declaring the events again as another kind',
    ends: 'refused',
    attempt: (f) => f.channel.assertExchange(events, 'fanout'),
  },
];

const ownKey = ({ own }: Forger): string => (own === 'sessions' ? 'session.completed' : 'booking.accepted');
