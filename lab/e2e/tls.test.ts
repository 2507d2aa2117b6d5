import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { query } from '@mentor-sessions/local-stack/databases';
import { startTlsServers } from '@mentor-sessions/lab/servers/tls-servers';
import type { TlsServers } from '@mentor-sessions/lab/servers/tls-servers';
import { acceptedBooking } from './bookings.ts';
import { sessionScheduled } from '@mentor-sessions/contracts';
import { Misconfigured, subscribe } from '@mentor-sessions/messaging';
import { expectKept } from './outcome.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

let servers: TlsServers;
let world: World;
beforeAll(async () => {
  servers = await startTlsServers();
  world = await createWorld(servers);
}, 120_000);
afterAll(async () => {
  await world?.close();
  await servers?.stop();
}, 60_000);

test('a booking becomes a session over TLS alone', async () => {
  const [api] = await world.startReady('bookings api', 'bookings relay', 'bookings consumer', 'sessions');
  await expectKept(world, [await acceptedBooking(world.client(api!))]);
  const sessions = 'select ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename is not null';
  const toDatabase = (await query(servers.postgres.adminUrl, sessions)).map((row) => row['ssl']);
  expect(toDatabase.length).toBeGreaterThan(4);
  expect(new Set(toDatabase)).toEqual(new Set([true]));
  const toBroker = (await servers.broker.control!(['list_connections', '--no-table-headers', 'user', 'ssl'])).trim();
  expect(new Set(toBroker.split('\n'))).toEqual(new Set(['bookings\ttrue', 'sessions\ttrue']));
});

test('a subscriber trusts the authority that its URL names, and no other', async () => {
  const [api] = await world.startReady('bookings api', 'bookings relay', 'bookings consumer', 'sessions');
  const seen: string[] = [];
  const subscribeTo = (amqpUrl: string) =>
    subscribe({
      amqpUrl,
      event: sessionScheduled,
      queue: 'mail.session-scheduled',
      handle: async (messages) => void seen.push(...messages.map(({ data }) => data.bookingId)),
    });
  await expect(subscribeTo(otherwise(world.stack.amqpUrl, asStranger('cacertfile')))).rejects.toThrow(Misconfigured);
  const subscriber = await subscribeTo(world.stack.amqpUrl);
  const { id } = await acceptedBooking(world.client(api!));
  await eventually(() => seen.includes(id));
  await subscriber.stop();
});

const otherwise = (url: string, change: (url: URL) => void): string => {
  const changed = new URL(url);
  change(changed);
  return changed.href;
};
const asStranger = (parameter: string) => (url: URL) => url.searchParams.set(parameter, servers.strangersCa);
const byAddress = (url: URL) => void (url.hostname = '127.0.0.1');

test.each([
  ['a broker that another authority vouches for', 'AMQP_URL', () => asStranger('cacertfile'), /self-signed|unable to/],
  ['a broker under another name', 'AMQP_URL', () => byAddress, /does not match certificate|altnames/],
  [
    'a database that another authority vouches for',
    'DATABASE_URL',
    () => asStranger('sslrootcert'),
    /self-signed|unable to/,
  ],
  ['a database under another name', 'DATABASE_URL', () => byAddress, /does not match certificate|altnames/],
] as const)('%s is not talked to', async (_, name, change, complaint) => {
  const { amqpUrl, databaseUrl } = world.stack.sessions;
  const url = otherwise(name === 'AMQP_URL' ? amqpUrl : databaseUrl, change());
  const relay = await world.start('sessions relay', { env: { [name]: url } });
  const complains = async () => complaint.test(relay.log());
  await eventually(complains, { describe: `a complaint in ${relay.log()}` });
  expect((await fetch(`${relay.adminUrl}/readyz`)).status).toBe(503);
});
