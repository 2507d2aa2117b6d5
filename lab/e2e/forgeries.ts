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

type Attempt = (forger: Forger) => Promise<unknown>;
type Forgery = { readonly how: string; readonly ends: 'refused' | 'kept'; readonly attempt: Attempt };

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

/** The broker refuses these. */
const refused: Readonly<Record<string, Attempt>> = {
  'published as it should be, with its own name': (f) => publish(f, events, f.key, { userId: f.own }),
  'published without a name': (f) => publish(f, events, f.key),
  "published with the other's name": (f) => publish(f, events, f.key, { userId: f.other }),
  "as an event of its own with the other's name": (f) => publish(f, events, ownKey(f), { userId: f.other }),
  'sent to its queue through the default exchange': (f) => publish(f, '', f.queue),
  'sent through amq.topic': (f) => publish(f, 'amq.topic', f.key),
  'sent through amq.fanout': (f) => publish(f, 'amq.fanout', f.key),
  "sent through its own exchange with the other's name": (f) => throughOwn(f, 'direct', { userId: f.other }),
  "put into the other's queue through a binding": (f) => f.channel.bindQueue(f.otherQueue, events, '#'),
  "after deleting the other's queue": (f) => f.channel.deleteQueue(f.otherQueue),
  "after emptying the other's queue": (f) => f.channel.purgeQueue(f.otherQueue),
  "by reading the other's queue": (f) => f.channel.consume(f.otherQueue, () => undefined),
  "through an exchange under the other's name": (f) => f.channel.assertExchange(`${f.other}.forge`, 'fanout'),
  'through an exchange under no name of its own': (f) => f.channel.assertExchange('forge', 'fanout'),
  'through a queue under no name of its own': (f) => f.channel.assertQueue('forge'),
  'by declaring the events again as another kind': (f) => f.channel.assertExchange(events, 'fanout'),
};

/** The broker takes these, and the consumer keeps them as forged. */
const kept: Readonly<Record<string, Attempt>> = {
  'sent through its own direct exchange': (f) => throughOwn(f, 'direct'),
  'sent through its own fanout exchange, with its own name': (f) => throughOwn(f, 'fanout', { userId: f.own }),
  "with the other's name among the headers": (f) =>
    throughOwn(f, 'headers', { headers: { forged: 'yes', 'user-id': f.other, 'x-user-id': f.other } }),
  'under a routing key of its own, bound to the queue': async (f) => {
    const key = f.own === 'sessions' ? 'session.forged' : 'booking.forged';
    await f.channel.bindQueue(f.queue, events, key);
    await publish(f, events, key);
    await f.channel.unbindQueue(f.queue, events, key);
  },
  'let in by an alternate exchange': async (f) => {
    const exchange = `${f.own}.forge-alternate`;
    await f.channel.assertExchange(exchange, 'topic', { autoDelete: true, alternateExchange: events });
    await publish(f, exchange, f.key);
    await f.channel.deleteExchange(exchange);
  },
  'let in by a binding from its own exchange to the events': async (f) => {
    const exchange = `${f.own}.forge-bridge`;
    await f.channel.assertExchange(exchange, 'fanout', { autoDelete: true });
    await f.channel.bindExchange(events, exchange, '');
    await publish(f, exchange, f.key);
    await f.channel.deleteExchange(exchange);
  },
  'dead-lettered into the events from a queue of its own': async (f) => {
    const name = `${f.own}.forge-trap`;
    const routing = { 'x-message-ttl': 1, 'x-dead-letter-exchange': events, 'x-dead-letter-routing-key': f.key };
    await f.channel.assertExchange(name, 'fanout', { autoDelete: true });
    await f.channel.assertQueue(name, { durable: true, expires: 5_000, arguments: routing });
    await f.channel.bindQueue(name, name, '');
    await publish(f, name, '');
  },
  'carried in CC beside an event of its own': (f) => publish(f, events, ownKey(f), { CC: [f.key] }),
  'carried in BCC beside an event of its own': (f) => publish(f, events, ownKey(f), { BCC: [f.key] }),
};

const ownKey = ({ own }: Forger): string => (own === 'sessions' ? 'session.completed' : 'booking.accepted');

const ending = (ends: Forgery['ends'], attempts: Readonly<Record<string, Attempt>>): Forgery[] =>
  Object.entries(attempts).map(([how, attempt]) => ({ how, ends, attempt }));

export const forgeries: readonly Forgery[] = [...ending('refused', refused), ...ending('kept', kept)];
