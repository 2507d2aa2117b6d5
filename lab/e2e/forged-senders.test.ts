import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import type { ChannelModel } from 'amqplib';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { forgeries, forgerOf, outcomeOf } from './forgeries.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';
import type { Service } from '@mentor-sessions/local-stack/system';

let world: World;
let connections: ChannelModel[];
beforeAll(async () => {
  world = await createWorld();
  await world.startReady('bookings consumer', 'sessions consumer');
  connections = await Promise.all((['sessions', 'bookings'] as const).map((name) => connect(urlOf(name))));
  for (const connection of connections) connection.on('error', () => undefined);
}, 60_000);
afterAll(async () => {
  for (const connection of connections) await connection.close();
  await world.close();
}, 60_000);

const urlOf = (service: Service): string => world.stack[service].amqpUrl;
const keptAs = async (service: Service, id: string): Promise<unknown> => {
  const asked = 'select reason from dead_letters where message_id = $1';
  return (await world.rows[service].query(asked, [id]))[0]?.['reason'];
};

/** Rows that forged messages created. */
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
      const forger = await forgerOf(own, connections[own === 'sessions' ? 0 : 1]!);
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
