import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import type { ChannelModel } from 'amqplib';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { newsOf } from '../../services/bookings/test/session-news.ts';
import { aMessage } from './a-message.ts';
import { forgeries } from './forgeries.ts';
import type { Forger, Forgery } from './forgeries.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
let connections: ChannelModel[];
beforeAll(async () => {
  world = await createWorld();
  await world.startReady('bookings consumer', 'sessions consumer');
  connections = await Promise.all(['sessions', 'bookings'].map((name) => connect(urlOf(name))));
  for (const connection of connections) connection.on('error', () => undefined);
}, 60_000);
afterAll(async () => {
  for (const connection of connections) await connection.close();
  await world.close();
}, 60_000);

const urlOf = (service: string): string => world.stack[service as 'bookings' | 'sessions'].amqpUrl;
const queues = { sessions: 'sessions.booking-accepted', bookings: 'bookings.session-events' } as const;
type Service = keyof typeof queues;

/** The queue is the forger's own: it can do most there. */
const forgerOf = async (own: Service): Promise<Forger & { readonly id: string }> => {
  const other = own === 'sessions' ? 'bookings' : 'sessions';
  const ids = { bookingId: randomUUID(), sessionId: randomUUID() };
  const envelope = own === 'sessions' ? aMessage() : newsOf(ids)[2]!;
  const connection = connections[own === 'sessions' ? 0 : 1]!;
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  channel.on('return', () => undefined);
  return {
    channel,
    id: envelope.id,
    body: Buffer.from(JSON.stringify(envelope)),
    properties: { messageId: envelope.id, type: envelope.type, persistent: true },
    key: envelope.type,
    own,
    other,
    queue: queues[own],
    otherQueue: queues[other],
  };
};

/** A refusal closes the channel. */
const outcomeOf = async ({ attempt }: Forgery, forger: Forger): Promise<string> => {
  const closed = new Promise<string>((resolve) =>
    forger.channel.once('error', ({ code }) => resolve(`refused ${code}`)),
  );
  const done = attempt(forger).then(
    () => 'taken',
    () => closed,
  );
  return Promise.race([done, closed]);
};

const keptAs = async (service: Service, id: string): Promise<unknown> => {
  const asked = 'select reason from dead_letters where message_id = $1';
  return (await world.rows[service].query(asked, [id]))[0]?.['reason'];
};

/** Rows that came into being by what was forged. */
const effects = async (): Promise<number> => {
  const count = async (service: Service, table: string): Promise<number> =>
    (await world.rows[service].query(`select count(*)::int as rows from ${table}`))[0]!['rows'];
  const counts = [count('sessions', 'sessions'), count('sessions', 'inbox'), count('bookings', 'inbox')];
  return (await Promise.all(counts)).reduce((sum, rows) => sum + rows, 0);
};

describe.each(['sessions', 'bookings'] as const)(
  'what the other service alone may say, with the broker user of %s',
  (own) => {
    test.each(forgeries)('$how: $ends', async (forgery) => {
      const forger = await forgerOf(own);
      const outcome = await outcomeOf(forgery, forger);
      if (forgery.ends === 'refused') {
        expect(outcome).toMatch(/^refused (403|406)$/);
      } else {
        expect(outcome).toBe('taken');
        const reason = await eventually(() => keptAs(own, forger.id), { describe: 'the consumer keeps it' });
        expect(reason).toBe('forged-sender');
        await forger.channel.close();
      }
      expect(await effects()).toBe(0);
    });

    test("the other's password and vhost are not its own", async () => {
      const asOther = new URL(urlOf(own));
      asOther.username = own === 'sessions' ? 'bookings' : 'sessions';
      await expect(connect(asOther.href)).rejects.toThrow(/ACCESS[-_]REFUSED|403/);
      const elsewhere = new URL(urlOf(own));
      elsewhere.pathname = '/%2F';
      await expect(connect(elsewhere.href)).rejects.toThrow(/ConnectionClose/);
    });
  },
);
