import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import { bookingAcceptedQueue } from '@mentor-sessions/contracts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { acceptedBooking, mentee } from './bookings.ts';
import { openWire } from './wire.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

const BOOKINGS = 20;

let world: World;
beforeAll(async () => {
  world = await createWorld();
}, 60_000);
afterAll(() => world.close(), 60_000);

const deleteQueue = async (): Promise<number> => {
  const connection = await connect(world.stack.amqpUrl);
  const channel = await connection.createChannel();
  const { messageCount } = await channel.deleteQueue(bookingAcceptedQueue.name);
  await connection.close();
  return messageCount;
};

const sessions = async (): Promise<number> => {
  const [row] = await world.rows.sessions.query('select count(*)::integer as count from sessions');
  return Number(row?.['count'] ?? 0);
};

test('a queue that is deleted with messages in it heals by itself: each booking gets its one session, and says so', async () => {
  const declaring = await world.start('sessions consumer');
  await declaring.waitReady(); // its queue is declared by then
  await declaring.end('SIGTERM', 10_000);
  const [api, relay] = await world.startReady('bookings api', 'bookings relay', 'sessions relay');
  if (!api || !relay) throw new Error('they were asked for');
  const client = world.client(api);
  const ids: string[] = [];
  for (let n = 0; n < BOOKINGS; n++) ids.push((await acceptedBooking(client)).id);
  const wire = await openWire(world.stack.amqpUrl);
  await eventually(async () => (await wire.waiting()).queue === BOOKINGS, { describe: 'all wait in the queue' });
  await wire.close();
  expect(await deleteQueue()).toBe(BOOKINGS);
  expect(await sessions()).toBe(0);

  const env = { REMIND_AFTER_SECONDS: '1' };
  const consumers = [
    await world.start('sessions consumer'),
    await world.start('bookings consumer', { env }),
    await world.start('bookings consumer', { env }),
  ];
  await Promise.all(consumers.map((consumer) => consumer.waitReady()));
  const statuses = () =>
    Promise.all(ids.map(async (id) => (await client('GET', `/bookings/${id}`, { as: mentee })).body.sessionStatus));
  const all = async () => (await statuses()).every((status) => status === 'scheduled');
  await eventually(all, { within: 30_000, describe: 'every booking knows its session' });
  expect(await sessions()).toBe(BOOKINGS);
  const metrics = await (await fetch(`${consumers[1]?.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^bookings_accepted_without_session\{older_than_seconds="0"\} 0$/m);
  expect(metrics).toMatch(/^bookings_accepted_without_session_given_up 0$/m);
}, 90_000);
