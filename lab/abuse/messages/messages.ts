import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { aMessage } from '../../e2e/a-message.ts';
import { openWire } from '../../e2e/wire.ts';
import { forgeries, forgerOf, outcomeOf } from '../../e2e/forgeries.ts';
import { createWorld, type World } from '../../e2e/world.ts';
import { unless, verdict, inTurns, type Part, type Size, type Verdict } from '../part.ts';
import { hostileMessages, kindCount } from './hostile.ts';
import { misjudged, type Kept } from './misjudged.ts';

const counts = { full: 10_000, small: 500 };

const numberOf = async (world: World, sql: string, values: unknown[] = []): Promise<number> =>
  (await world.rows.sessions.query(`select (${sql})::int as n`, values))[0]?.n ?? 0;

/** Hostile and valid messages in turn; some valid ones are repeated. */
const mixed = async (world: World, size: Size): Promise<Verdict> => {
  const count = counts[size];
  const hostile = hostileMessages(count, 7);
  const good = Array.from({ length: count }, () => aMessage());
  const consumer = await world.start('sessions consumer');
  await consumer.waitReady();
  const wire = await openWire(world.stack.amqpUrl);
  const expected = new Map<string, readonly string[]>();
  let harmless = 0;
  let replayed = 0;
  try {
    await inTurns(hostile.keys(), 200, async (index) => {
      const { reasons, body, properties = {} } = hostile[index]!;
      const bodyId = Buffer.isBuffer(body) ? randomUUID() : String((body as { id?: unknown }).id);
      const messageId = (properties['messageId'] as string | undefined) ?? bodyId;
      if (reasons.includes('handled')) harmless += 1;
      expected.set(messageId, reasons);
      await wire.publish(body, { messageId, ...properties });
      await wire.publish(good[index]);
      if (index % 10 !== 9) return;
      await wire.publish(good[index - 9]);
      replayed += 1;
    });
    const dead = () => numberOf(world, 'select coalesce(sum(times_seen), 0) from dead_letters');
    const made = () => numberOf(world, 'select count(*) from sessions');
    await eventually(async () => (await dead()) + (await made()) >= 2 * count, {
      within: 120_000,
      every: 500,
      describe: 'every message is handled or kept',
    });
    await eventually(async () => (await wire.waiting()).queue === 0, {
      within: 30_000,
      every: 200,
      describe: 'the queue is empty',
    });
    const handled = await numberOf(world, 'select count(*) from sessions where booking_id = any($1::uuid[])', [
      good.map(({ data }) => data.bookingId),
    ]);
    const kept = await world.rows.sessions.query('select message_id, reason from dead_letters');
    const total = (await dead()) + (await made());
    const polluted = await numberOf(world, `select count(*) from sessions where metadata::text like '%polluted%'`);
    const faults = [
      ...misjudged(expected, kept as unknown as Kept[]),
      ...unless(handled === count, `${handled} of ${count} good ones have a session`),
      ...unless(total === 2 * count, `${total} outcomes of ${2 * count} messages`),
      ...unless(!consumer.hasExited(), 'the consumer has died'),
      ...unless((await wire.waiting()).dead === 0, 'something came to the dead queue'),
    ];
    const seen = `${count} hostile of ${kindCount} kinds (${harmless} harmless additions), ${count} good, ${replayed} replayed; ${await dead()} kept with a reason, ${handled} sessions, ${polluted} with __proto__ in metadata, no restart`;
    return verdict('hostile messages among good ones: good handled once, hostile kept with a reason', seen, faults);
  } finally {
    await wire.close();
  }
};

const services = ['bookings', 'sessions'] as const;
const refusable = forgeries.filter(({ ends }) => ends === 'refused');

/** Actions that a service's broker user may not perform. */
const forging = async (world: World): Promise<Verdict> => {
  const faults: string[] = [];
  await world.startReady('bookings consumer'); // so that its queue is declared
  for (const own of services) {
    const connection = await connect(world.stack[own].amqpUrl);
    connection.on('error', () => undefined);
    for (const forgery of refusable) {
      const outcome = await outcomeOf(forgery, await forgerOf(own, connection));
      faults.push(...unless(/^refused 40[36]$/.test(outcome), `${own}, ${forgery.how}: ${outcome}`));
    }
    await connection.close().catch(() => undefined);
  }
  const before = await numberOf(world, 'select count(*) from sessions');
  return verdict(
    "the broker refuses each service the other's names",
    `${refusable.length * services.length} attempts, ${before} sessions as before`,
    faults,
  );
};

const run = async (size: Size): Promise<Verdict[]> => {
  const world = await createWorld();
  try {
    return [await mixed(world, size), await forging(world)];
  } finally {
    await world.close();
  }
};

export const messages: Part = { name: 'messages', run };
