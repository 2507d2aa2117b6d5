import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';
import { aMessage } from './a-message.ts';
import { acceptedBooking, bookingRequest, mentee, mentor } from './bookings.ts';
import { deadLetters } from './outcome.ts';
import { openWire } from './wire.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

const names = [
  'bookings api',
  'sessions api',
  'bookings relay',
  'bookings consumer',
  'sessions relay',
  'sessions consumer',
];
const notes = 'canary-of-the-notes';
const metadata = { key: 'canary-of-the-metadata' };

let world: World;
let processes: RoleProcess[];
beforeAll(async () => {
  world = await createWorld(undefined, { LOG_LEVEL: 'trace' });
  processes = await world.startReady(...names);
}, 60_000);
afterAll(() => world.close(), 60_000);

test('no log contains a token, notes, metadata or a password, also during failures', async () => {
  const [bookings, sessions] = processes.slice(0, 2).map(world.client) as [
    ReturnType<World['client']>,
    ReturnType<World['client']>,
  ];
  const { id, sessionId } = await acceptedBooking(bookings, { notes, metadata });
  await eventually(async () => (await sessions('GET', `/sessions/${sessionId}`, { as: mentee })).status === 200);
  expect((await sessions('PATCH', `/sessions/${sessionId}/start`, { as: mentor })).status).toBe(200);
  expect((await sessions('PATCH', `/sessions/${sessionId}/complete`, { as: mentee })).status).toBe(403);
  expect((await sessions('PATCH', `/sessions/${sessionId}/complete`, { as: mentor })).status).toBe(200);

  // refused in every layer: HTTP, domain, database and consumer
  const authorization = `Bearer ${await world.stack.token(mentee)}.canary-of-a-token`;
  expect(
    (await bookings('GET', `/bookings/${id}?token=canary-of-a-token`, { headers: { authorization } })).status,
  ).toBe(401);
  expect((await bookings('POST', '/bookings', { as: mentee, body: `{"notes":"${notes}` })).status).toBe(400);
  expect((await bookings('POST', '/bookings', { as: mentee, body: { notes, unknown: notes } })).status).toBe(400);
  const twice = bookingRequest({ notes, metadata });
  await acceptedBooking(bookings, twice);
  await expect(acceptedBooking(bookings, twice)).rejects.toThrow('409');
  const wire = await openWire(world.stack.amqpUrl);
  await wire.publish(Buffer.from(`{"notes":"${notes}`), { messageId: 'canary-of-a-message-id' });
  await wire.publish({ ...aMessage(), data: { notes, metadata } });
  await wire.publish(aMessage({ notes, metadata, start: '0000-01-01T00:00:00.000Z' }));
  await wire.close();
  await eventually(async () => (await deadLetters(world)).length === 3, {
    within: 20_000,
    describe: 'three dead letters',
  });

  const secrets = [world.stack.bookings, world.stack.sessions].flatMap(({ databaseUrl, amqpUrl }) =>
    [databaseUrl, amqpUrl].map((url) => new URL(url).password),
  );
  await Promise.all(processes.map((process) => process.end('SIGTERM', 10_000)));
  const tokens = await Promise.all([mentor, mentee].map(world.stack.token));
  const signatures = tokens.map((token) => token.split('.')[0] as string);
  for (const [index, process] of processes.entries()) {
    const log = process.log();
    expect(log).toContain('"level":"debug"');
    for (const secret of ['canary', ...signatures, ...secrets]) {
      const told = log.split('\n').filter((line) => line.includes(secret));
      expect({ of: names[index], told }).toEqual({ of: names[index], told: [] });
    }
  }
}, 90_000);
