import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { repository } from '@mentor-sessions/local-stack/launch';
import type { Fault } from '../fault.ts';
import type { Copy } from '../evidence/evidence.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { aMessage } from '../../e2e/a-message.ts';
import { openWire, type Wire } from '../../e2e/wire.ts';
import { withBrokerSetting } from './broker.ts';
import { countOf, deaths, expectWithin, numberOf, seconds, until } from './steps.ts';

type Message = ReturnType<typeof aMessage>;

const withWire = async <T>(world: FaultWorld, work: (wire: Wire) => Promise<T>): Promise<T> => {
  const wire = await openWire(world.stack.amqpUrl);
  try {
    return await work(wire);
  } finally {
    await wire.close();
  }
};

/** Envelopes of bookings that were accepted in this run. */
const published = async (world: FaultWorld, count: number): Promise<Pick<Copy, 'id' | 'body'>[]> =>
  world.rows.bookings.query(
    "select message_id as id, envelope::text as body from outbox_published where type = 'booking.accepted' limit $1",
    [count],
  );

/** Messages that the spy omits, so that the checker need not explain them. */
const asHostile = { headers: { 'x-hostile': 1 } };

/** A valid message for a booking that only the test knows, with this body. */
const publishOwn = ({ doings }: FaultWorld, wire: Wire, message: Message, body: object = message): Promise<void> => {
  doings.ownMessages.add(message.id);
  doings.ownBookings.add(message.data.bookingId);
  return wire.publish(body, asHostile);
};

/** A message that must be dead-lettered for this reason. */
const publishPoison = (
  { doings }: FaultWorld,
  wire: Wire,
  message: { readonly id: string },
  reason: string,
): Promise<void> => {
  doings.poisoned.set(message.id, [reason]);
  return wire.publish(message, asHostile);
};

const duplicates: Fault = {
  id: 'F21',
  name: 'a message 1,000 times, at once and after its inbox row expired',
  promise: 'one session, one row in the audit',
  how: '20 messages of this run 1,000 times each beside the good ones; the inbox is emptied half-way, as retention does after any window',
  setting: () => ({ load: { perSecond: 40 } }),
  run: (world) =>
    withWire(world, async (wire) => {
      await world.workload.more(100);
      const old = await published(world, 20);
      const copies = world.random.shuffle(old.flatMap((message) => Array<(typeof old)[number]>(1_000).fill(message)));
      const half = copies.length / 2;
      await Promise.all(
        copies.slice(0, half).map(({ id, body }) => wire.publish(Buffer.from(body), { messageId: id })),
      );
      await world.rows.sessions.query('delete from inbox');
      await Promise.all(copies.slice(half).map(({ id, body }) => wire.publish(Buffer.from(body), { messageId: id })));
      return `${copies.length} copies of ${old.length} messages`;
    }),
};

const reordered: Fault = {
  id: 'F22',
  name: 'messages in any order, with wrong redelivered flags',
  promise: 'the order of arrival does not matter',
  how: 'three consumers; 300 messages of this run again, shuffled, while half of them are still new; connections reset in between',
  setting: () => ({ roles: { 'sessions consumer': { count: 3, through: ['broker'] } } }),
  run: (world) =>
    withWire(world, async (wire) => {
      await world.workload.more(150);
      const again = world.random.shuffle(await published(world, 300));
      for (const { id, body } of again) {
        await wire.publish(Buffer.from(body), { messageId: id });
        if (world.random.chance(0.03)) world.random.pick(world.roles('sessions consumer')).link('broker').reset();
      }
      return `${again.length} messages again`;
    }),
};

type Hostile = { readonly reasons: readonly string[]; readonly body: unknown; readonly properties?: object };

const deeplyNested = (good: Message): string =>
  JSON.stringify({ ...good, data: { ...good.data, deep: 'here' } }).replace(
    '"here"',
    '['.repeat(50_000) + ']'.repeat(50_000),
  );

/** Poison of every kind. */
const hostile = (world: FaultWorld): Hostile => {
  const good = aMessage();
  const other = randomUUID();
  return world.random.pick<Hostile>([
    { reasons: ['malformed'], body: Buffer.from('{"not json') },
    { reasons: ['malformed'], body: Buffer.from([0x7b, 0xff, 0x00, 0x7d]) },
    { reasons: ['malformed'], body: Buffer.alloc(0) },
    { reasons: ['malformed'], body: Buffer.from('[1,2,3]') },
    { reasons: ['malformed'], body: Buffer.from(deeplyNested(good)), properties: { messageId: good.id } },
    { reasons: ['schema-violation'], body: { ...good, data: { bookingId: 'none' } } },
    { reasons: ['schema-violation'], body: { ...good, data: { ...good.data, end: good.data.start } } },
    { reasons: ['schema-violation'], body: { ...good, data: { ...good.data, notes: 'with \0' } } },
    { reasons: ['schema-violation'], body: { ...good, id: 'no-uuid' } },
    { reasons: ['unknown-type'], body: { ...good, type: 'booking.burnt' } },
    { reasons: ['unknown-type'], body: { ...good, type: '__proto__' } },
    { reasons: ['unknown-version'], body: { ...good, dataschema: 'urn:mentor-sessions:booking.accepted:2' } },
    { reasons: ['unknown-version'], body: { ...good, dataschema: 'urn:mentor-sessions:booking.accepted:1.5' } },
    { reasons: ['forged-sender'], body: good, properties: { userId: 'developer' } },
    { reasons: ['forged-sender'], body: good, properties: { userId: 'sessions' } },
    { reasons: ['id-mismatch'], body: good, properties: { messageId: other } },
    { reasons: ['handler-failed'], body: { ...good, data: { ...good.data, start: '0000-02-01T09:00:00.000Z' } } },
  ]);
};

const HOSTILE = 2_000;

const poison: Fault = {
  id: 'F23',
  name: '2,000 hostile messages of every kind among 2,000 good ones',
  promise: 'valid ones handled once, invalid ones kept with a reason, no restart',
  how: '17 kinds of hostile messages mixed with messages of 2,000 further bookings and those of the run',
  setting: () => ({ load: { perSecond: 30 } }),
  run: (world) =>
    withWire(world, async (wire) => {
      const sending = Array.from({ length: HOSTILE }, async () => {
        const { reasons, body, properties } = hostile(world);
        const given = (properties as { messageId?: string } | undefined)?.messageId;
        // the broker's message id if the body has none, to find the dead letter
        const messageId = given ?? (Buffer.isBuffer(body) ? randomUUID() : String((body as { id: unknown }).id));
        world.doings.poisoned.set(messageId, reasons);
        await wire.publish(body, { messageId, ...properties, ...asHostile });
        await publishOwn(world, wire, aMessage());
      });
      await Promise.all(sending);
      const kept = () => numberOf(world, 'sessions', 'select coalesce(sum(times_seen), 0) from dead_letters');
      await until(async () => (await kept()) >= HOSTILE, 60_000);
      world.expect((await kept()) === HOSTILE, 'each hostile message is kept, and counted', await kept());
      const died = deaths(world.roles('sessions consumer')) + world.role('sessions consumer').endings.length;
      world.expect(died === 0, 'no consumer is restarted for it', died);
      return `${HOSTILE} hostile messages kept with ${world.doings.poisoned.size} ids, ${HOSTILE} good ones handled, no consumer restarted`;
    }),
};

const versions: Fault = {
  id: 'F24',
  name: 'messages of a later version, and of this version with added fields',
  promise: 'unknown versions are kept; added fields are ignored',
  how: '200 messages of version 2 and 200 of version 1 with fields that are not known yet',
  run: (world) =>
    withWire(world, async (wire) => {
      for (let count = 0; count < 200; count++) {
        const later = { ...aMessage(), dataschema: 'urn:mentor-sessions:booking.accepted:2' };
        await publishPoison(world, wire, later, 'unknown-version');
        const good = aMessage();
        const added = { ...good, futureAttribute: 1, data: { ...good.data, currency: 'EUR', nested: { a: [1] } } };
        await publishOwn(world, wire, good, added);
      }
      return '200 + 200 messages';
    }),
};

const fixtures = `${repository}libs/contracts/fixtures/`;

/** The golden messages of every published version, each for a new booking. */
const golden = (): Message[] =>
  readdirSync(fixtures)
    .filter((name) => name.startsWith('booking.accepted.'))
    .map((name) => {
      const message = JSON.parse(readFileSync(fixtures + name, 'utf8')) as Message;
      const bookingId = randomUUID();
      const data = { ...message.data, bookingId, sessionId: randomUUID() };
      return { ...message, id: randomUUID(), subject: bookingId, correlationid: bookingId, data };
    });

const deployment: Fault = {
  id: 'F37',
  name: 'producers of every published version at once',
  promise: 'all are handled by any consumer',
  how: '200 messages made of the golden fixtures of each version, beside those of the running producer; the consumer is restarted in between',
  run: (world) =>
    withWire(world, async (wire) => {
      let count = 0;
      for (let turn = 0; turn < 200; turn++) {
        for (const message of golden()) {
          await publishOwn(world, wire, message);
          count += 1;
        }
        if (turn % 70 === 69) await world.role('sessions consumer').restart();
      }
      return `${count} messages`;
    }),
};

/** Written to the outbox of bookings by its owner, for an unknown booking; returns the reason for which it is parked. */
const parkedOversize = async (world: FaultWorld, bytes: number): Promise<string> => {
  const restarts = world.role('bookings relay').endings.length;
  const aggregate = randomUUID();
  await world.rows.bookings.query(
    `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
     values ($1::uuid, $2::uuid, 1, 'booking.accepted', 3, json_build_object('id', $1::text, 'padding', repeat('x', $3)))`,
    [randomUUID(), aggregate, bytes],
  );
  const parked = () =>
    world.rows.bookings.query<{ last_error: string }>(
      'select last_error from outbox where aggregate_id = $1 and parked_at is not null',
      [aggregate],
    );
  const isParked = async () => (await parked()).length === 1;
  await expectWithin(world, 20_000, 'the row is parked with a reason', isParked, parked);
  const died = world.role('bookings relay').endings.length - restarts;
  world.expect(died === 0, 'the relay goes on', died);
  await world.workload.more(100);
  const [reason] = await parked();
  await world.rows.bookings.query('delete from outbox where aggregate_id = $1', [aggregate]);
  return `parked: ${reason?.last_error}`;
};

const oversize: Fault = {
  id: 'F25',
  name: 'a body above our limit',
  promise: 'its row is parked; other messages continue',
  how: 'a row of 2 MB in the outbox',
  run: async (world) => {
    await world.workload.more(50);
    return parkedOversize(world, 2_000_000);
  },
};

const oversizeForBroker: Fault = {
  id: 'F25 broker',
  name: 'a body above the broker’s lower limit',
  promise: 'the relay learns the limit; parked',
  how: 'max_message_size of 100 KB at the broker, a row of 300 KB in the outbox beside the others',
  run: (world) =>
    withBrokerSetting(world, 'max_message_size', 100_000, async () => {
      await world.role('bookings relay').restart(); // the limit applies to new channels
      await world.workload.more(50);
      return parkedOversize(world, 300_000);
    }),
};

const conflicting: Fault = {
  id: 'F26',
  name: 'one message id with other content; a second message for one booking',
  promise: 'the first wins, the other is kept with a reason',
  how: '200 messages of this run again with another start, and 200 of their bookings under new ids and sessions',
  run: (world) =>
    withWire(world, async (wire) => {
      await world.workload.more(250);
      const first = await published(world, 200);
      const bookings = first.map(({ body }) => (JSON.parse(body) as Message).subject);
      const made = () => countOf(world, 'sessions', 'sessions where booking_id = any($1)', [bookings]);
      await until(async () => (await made()) === first.length, 20_000);
      for (const { body } of first) {
        const envelope = JSON.parse(body) as Message;
        const moved = { ...envelope, data: { ...envelope.data, start: '2039-01-01T00:00:00.000Z' } };
        await publishPoison(world, wire, moved, 'content-mismatch');
        const rival = { ...envelope, id: randomUUID(), data: { ...envelope.data, sessionId: randomUUID() } };
        await publishPoison(world, wire, rival, 'session-already-exists');
      }
      await seconds(0.5);
      return `${first.length} + ${first.length} messages`;
    }),
};

export const messages: readonly Fault[] = [
  duplicates,
  reordered,
  poison,
  versions,
  deployment,
  oversize,
  oversizeForBroker,
  conflicting,
];
