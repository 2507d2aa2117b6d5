import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventsExchange } from '@mentor-sessions/contracts';
import { databaseName } from '@mentor-sessions/local-stack/databases';
import type { Fault } from '../fault.ts';
import { stateOf, withChannel } from '../evidence/spy.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { services, type Service } from '../world/roles.ts';
import { managementOf, vhostOf, withBrokerSetting } from './broker.ts';
import { onServer, setForApp } from './dba.ts';
import { allReady, countOf, expectWithin, seconds, until } from './steps.ts';

/** A row is retried after a minute at the latest. */
const OUT_WITHIN_MS = 75_000;

type Refused = { readonly last_error: string; readonly attempts: number };

const refusedRows = (world: FaultWorld, service: Service, type: string) =>
  world.rows[service].query<Refused>(
    'select last_error, attempts from outbox where type = $1 and retry_at is not null',
    [type],
  );

/** An event of an unknown aggregate, written to the outbox by its owner. */
const insertEvent = async (world: FaultWorld, type: string, padding = 0): Promise<string> => {
  const [id, aggregate] = [randomUUID(), randomUUID()];
  await world.rows.bookings.query(
    `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope) values ($1::uuid, $2::uuid, 1, $3, 5,
       json_build_object('id', $1::text, 'type', $3::text, 'subject', $2::text, 'sequence', '1', 'x', repeat('x', $4)))`,
    [id, aggregate, type, padding],
  );
  return id;
};

const drop = (world: FaultWorld, id: string) =>
  world.rows.bookings.query("select outbox_drop(array[$1::uuid], 'fault suite', 'done')", [id]);

const lateEvents = "outbox where created_at < now() - interval '5 seconds'";

/** One event is refused during the whole load; then operators drop it. */
const refuseOne = async (
  world: FaultWorld,
  { type, words, padding }: { type: string; words: RegExp; padding?: number },
) => {
  await world.workload.more(60);
  const id = await insertEvent(world, type, padding);
  await until(async () => (await refusedRows(world, 'bookings', type)).length > 0, 20_000);
  await world.workload.more(100);
  const late = () => countOf(world, 'bookings', `${lateEvents} and type <> $1`, [type]);
  await expectWithin(world, 20_000, 'no other event waits', async () => (await late()) === 0, late);
  await until(async () => ((await refusedRows(world, 'bookings', type))[0]?.attempts ?? 0) >= 3, 15_000);
  const [row] = await refusedRows(world, 'bookings', type);
  world.expect(row !== undefined && words.test(row.last_error), 'the row says why it is refused', row);
  world.expect((row?.attempts ?? 0) >= 3, 'it is retried', row);
  await drop(world, id);
  return `${row?.attempts} tries: ${row?.last_error.replace(/^.*with message /, '')}`;
};

const restrict = (world: FaultWorld, user: Service, write: string): Promise<void> =>
  managementOf(world).put(`topic-permissions/${vhostOf(world)}/${user}`, {
    exchange: eventsExchange.name,
    write,
    read: '.*',
  });

const topicPermission = async (world: FaultWorld): Promise<string> => {
  await restrict(world, 'sessions', '^session\\.(scheduled|completed)$');
  await world.role('sessions relay').restart(); // a channel caches its permissions for a minute
  await world.workload.more(120);
  const refused = async () => (await refusedRows(world, 'sessions', 'session.started')).length;
  const says = 'the fault happened: events of a type were refused';
  await expectWithin(world, 20_000, says, async () => (await refused()) > 2);
  const late = () => countOf(world, 'sessions', `${lateEvents} and type = 'session.scheduled'`);
  await expectWithin(world, 20_000, 'events of other types do not wait', async () => (await late()) === 0, late);
  const count = await refused();
  await restrict(world, 'sessions', '^session\\..*');
  const areOut = async () => (await refused()) === 0;
  await expectWithin(world, OUT_WITHIN_MS, 'with the permission back they are out within a minute', areOut);
  return `${count} events of session.started waited`;
};

const topic: Fault = {
  id: 'F44 topic',
  name: 'broker refuses events by topic (403)',
  promise: 'their rows are parked and retried; others are published',
  how: 'an event that bookings may not publish, dropped at the end; under load sessions may not publish session.started',
  run: async (world) =>
    `${await refuseOne(world, { type: 'billing.charged', words: /topic 'billing.charged'/ })}; ${await topicPermission(world)}`,
};

/** The relay sends an invalid expiration with each event of this type. */
const withBadExpiration = (): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'mentor-sessions-fault-property-')), 'patch.json');
  const find = 'const properties = { ...standard, headers:';
  const replace =
    "const properties = { ...standard, ...(routingKey === 'booking.expiring' && { expiration: 'soon' }), headers:";
  writeFileSync(file, JSON.stringify([{ file: 'libs/messaging/src/publisher/confirm-channel.ts', find, replace }]));
  return file;
};

const property: Fault = {
  id: 'F44 property',
  name: 'by a property (406)',
  promise: 'as above',
  how: 'an event that the relay publishes with the expiration “soon”, dropped at the end',
  setting: () => ({
    roles: { 'bookings relay': { env: { PLANTED: withBadExpiration() }, points: () => undefined } },
  }),
  run: (world) => refuseOne(world, { type: 'booking.expiring', words: /expiration/ }),
};

const size: Fault = {
  id: 'F44 size',
  name: 'by size (406)',
  promise: 'as above',
  how: 'max_message_size of 100 KB at the broker, an event of 300 KB, dropped at the end',
  run: (world) =>
    withBrokerSetting(world, 'max_message_size', 100_000, async () => {
      await world.role('bookings relay').restart(); // the limit applies to new channels
      return refuseOne(world, { type: 'booking.large', words: /message size/, padding: 300_000 });
    }),
};

const waitingRows = async (world: FaultWorld): Promise<number> =>
  (await Promise.all(services.map((service) => countOf(world, service, 'outbox')))).reduce((a, b) => a + b);

/** Copies per event that the subscriber of all events received. */
const copiesPerEvent = async (world: FaultWorld): Promise<number> => {
  const published = await Promise.all(services.map((service) => countOf(world, service, 'outbox_published')));
  const events = published.reduce((a, b) => a + b) + (await waitingRows(world));
  const spy = await stateOf(world.stack.amqpUrl, 'spy.everything');
  return (spy?.ready ?? 0) / Math.max(1, events);
};

const withFullQueue = (world: FaultWorld, work: () => Promise<void>): Promise<void> =>
  withChannel(world.stack.amqpUrl, async (channel) => {
    const full = { 'x-max-length': 5, 'x-overflow': 'reject-publish' };
    await channel.assertQueue('spy.full', { durable: true, arguments: full });
    await channel.bindQueue('spy.full', eventsExchange.name, 'session.#');
    await work();
    await channel.deleteQueue('spy.full');
  });

const fullQueue: Fault = {
  id: 'F44 full queue',
  name: 'a subscriber’s queue is full (nacks)',
  promise: 'events are parked and retried; few duplicates for other subscribers',
  how: 'a queue for session.# with max-length 5 and reject-publish that no one consumes, for 25 s under load',
  setting: () => ({ load: { perSecond: 15 } }),
  run: async (world) => {
    let copies = 0;
    let nacked = 0;
    await withFullQueue(world, async () => {
      await world.workload.more(60);
      await seconds(20);
      copies = await copiesPerEvent(world);
      nacked = (await world.rows.sessions.query("select from outbox where last_error like 'nacked%'")).length;
    });
    world.expect(nacked > 5, 'the fault happened: events were nacked', nacked);
    world.expect(copies <= 5, 'an event is repeated a few times a minute at most', copies);
    await world.workload.pause();
    const areOut = async () => (await waitingRows(world)) === 0;
    await expectWithin(world, OUT_WITHIN_MS, 'all go out within a minute', areOut);
    return `${nacked} events nacked; ${copies.toFixed(1)} copies for each event`;
  },
};

/** Applies to new sessions of the application's login; the relay's sessions are terminated. */
const setReadOnly = async (world: FaultWorld, setting: 'on' | null): Promise<void> => {
  await setForApp(world, 'bookings', { default_transaction_read_only: setting });
  const database = databaseName(world.stack.bookings.databaseUrl);
  await onServer(
    world,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'bookings-relay' and datname = '${database}'`,
  );
};

const readOnly: Fault = {
  id: 'F44 read-only',
  name: 'a relay that can read but not write',
  promise: 'it publishes and repeats nothing; recovers',
  how: 'no INSERT on outbox_published for 10 s, then sessions of the relay that are read-only for 10 s, under load',
  run: async (world) => {
    await world.workload.more(60);
    await world.rows.bookings.query('revoke insert on outbox_published from bookings_app');
    await seconds(10);
    const [waited, copies] = [await countOf(world, 'bookings', 'outbox'), await copiesPerEvent(world)];
    world.expect(waited > 0, 'the fault happened: events wait', waited);
    await world.rows.bookings.query('grant insert on outbox_published to bookings_app');
    await world.workload.more(40);
    await setReadOnly(world, 'on');
    await seconds(10);
    const later = await copiesPerEvent(world);
    await setReadOnly(world, null);
    await allReady(world);
    world.expect(Math.max(copies, later) <= 1.5, 'nothing is repeated', { copies, later });
    await world.workload.more(40);
    return `${waited} events waited; ${Math.max(copies, later).toFixed(2)} copies for each event`;
  },
};

export const refusals: readonly Fault[] = [topic, property, size, fullQueue, readOnly];
