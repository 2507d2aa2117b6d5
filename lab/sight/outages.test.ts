import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Backing } from '@mentor-sessions/local-stack/backing';
import { startPrivateBacking } from '@mentor-sessions/lab/private-backing';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';
import { acceptedBooking } from '../e2e/bookings.ts';
import { createWorld } from '../e2e/world.ts';
import type { World } from '../e2e/world.ts';

let backing: Backing;
let world: World;
let api: RoleProcess;
let relay: RoleProcess;
beforeAll(async () => {
  backing = await startPrivateBacking();
  world = await createWorld(backing);
  // the sessions consumer declares the queue that bookings publishes to
  [api, relay] = (await world.startReady('bookings api', 'bookings relay', 'sessions consumer')) as [
    RoleProcess,
    RoleProcess,
  ];
}, 120_000);
afterAll(async () => {
  await world?.close();
  await backing?.stop();
}, 60_000);

const value = async (series: string, of = relay): Promise<number> => {
  const page = await (await fetch(`${of.adminUrl}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
  return Number(page.match(new RegExp(`^${series.replaceAll(/[{}]/g, '\\$&')} (\\S+)$`, 'm'))?.[1]);
};

const becomes = (series: string, isIt: (value: number) => boolean) =>
  eventually(async () => isIt(await value(series)), { within: 40_000, describe: `${series} is as it should be` });

const of = '{connection="publisher"}';

test('a memory alarm shows as blocked, and the outbox as getting older', async () => {
  await becomes(`broker_connected${of}`, (now) => now === 1);
  expect(await value(`broker_blocked${of}`)).toBe(0);
  await backing.broker.control?.(['set_vm_memory_high_watermark', '0']);
  await eventually(async () => {
    await acceptedBooking(world.client(api)); // the broker reports it to publishers only
    return (await value(`broker_blocked${of}`)) === 1;
  });
  await becomes('outbox_oldest_age_seconds', (age) => age > 1);
  await backing.broker.control?.(['set_vm_memory_high_watermark', '0.6']);
  await becomes(`broker_blocked${of}`, (now) => now === 0);
  await becomes('outbox_pending_messages', (waiting) => waiting === 0);
}, 90_000);

test('a broker that is away shows as not connected, as failures, and as one more connection when it is back', async () => {
  const opened = await value(`broker_connections_opened_total${of}`);
  const failures = await value(`broker_connection_failures_total${of}`);
  await backing.broker.stop();
  await becomes(`broker_connected${of}`, (now) => now === 0);
  await becomes(`broker_connection_failures_total${of}`, (now) => now > failures);
  await becomes('service_ready', (now) => now === 0); // results of checks are cached for a second
  await backing.broker.start();
  await becomes(`broker_connected${of}`, (now) => now === 1);
  expect(await value(`broker_connections_opened_total${of}`)).toBeGreaterThan(opened);
}, 90_000);

test('a database that is away shows as errors, its gauges as not known; a scrape is answered all the same', async () => {
  const errors = await value('database_errors_total{kind="unavailable"}');
  await backing.postgres.stop();
  await becomes('database_errors_total{kind="unavailable"}', (now) => now > errors);
  await becomes('outbox_oldest_age_seconds', Number.isNaN);
  await becomes('service_ready', (now) => now === 0); // results of checks are cached for a second
  await backing.postgres.start();
  await becomes('outbox_oldest_age_seconds', (age) => age === 0);
}, 90_000);
