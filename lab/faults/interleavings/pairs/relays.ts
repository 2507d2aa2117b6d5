import { randomUUID } from 'node:crypto';
import type { Database, Queryable } from '@mentor-sessions/service-kit/database';
import { enqueue, type OutgoingEnvelope } from '@mentor-sessions/messaging';
import { aMessage } from '../../../e2e/a-message.ts';
import { laneOf } from '../../../../libs/messaging/src/outbox/lane.ts';
import { createLowWaterMarks, type LowWaterMarks } from '../../../../libs/messaging/src/relay/low-water-marks.ts';
import { createPublishedRows, relayBatch, type RelayBatch } from '../../../../libs/messaging/src/relay/relay-batch.ts';
import type { Scenario } from '../explore.ts';
import type { Act } from '../interleave.ts';
import { schedule } from './consumers.ts';
import { moveOf } from './sessions.ts';

/** Message ids in the order in which they were published. */
type Wire = string[];
type Pass = (step: string) => Promise<void>;

// Other tests cover the broker's responses; here a publish is one step of its actor.
const publisherTo = (wire: Wire, pass: Pass): RelayBatch['publisher'] => ({
  publish: async ({ messageId }) => {
    await pass('publish');
    wire.push(messageId);
    return 'confirmed';
  },
});

type Relaying = Pick<RelayBatch, 'database' | 'publisher'> & { readonly limit: number; readonly marks?: LowWaterMarks };

const relayOnce = async ({ marks, limit, ...batch }: Relaying): Promise<number> => {
  const limits = { rows: limit, maxBodyBytes: 1_000_000 };
  const rest = { limits, mustReachAQueue: () => true, publishedRows: createPublishedRows(), isInDoubt: false };
  return (await relayBatch({ ...batch, ...rest, ...(marks ? { marks: marks.current() } : {}) })).results.size;
};

const relay =
  (wire: Wire, limit: number): Act =>
  async ({ database, pass }) => {
    await relayOnce({ database, publisher: publisherTo(wire, pass), limit });
  };

/** A later poll of the relay: publishes everything that is left. */
const sweep = async (database: Database, wire: Wire, marks?: LowWaterMarks): Promise<void> => {
  const batch = { database, publisher: publisherTo(wire, () => Promise.resolve()), limit: 100 };
  while ((await relayOnce(marks ? { ...batch, marks } : batch)) > 0);
};

const outbox = {
  name: 'rows-of-outbox',
  text: `select (select count(*)::integer from outbox) as left_behind, message_id, aggregate_id, sequence
    from outbox_published where message_id = any($1) order by array_position($1, message_id)`,
};

/** After that poll: the published messages of each aggregate, and the tables. */
const rowsAfter = async (database: Database, { wire, marks }: Swept, envelopes: readonly Told[]): Promise<unknown> => {
  await sweep(database, wire, marks);
  const onTheWire = envelopes.map(({ subject }) =>
    wire.filter((id) => envelopes.some((one) => one.id === id && one.subject === subject)),
  );
  const strangers = wire.filter((id) => !envelopes.some((one) => one.id === id)).length;
  return { onTheWire, strangers, rows: await database.query(outbox, [envelopes.map(({ id }) => id)]) };
};

type Swept = { readonly wire: Wire; readonly marks?: LowWaterMarks };
type Told = Pick<OutgoingEnvelope, 'id' | 'subject'>;

const emptyOutbox = (database: Database) => database.query('delete from outbox');

/** Lane and number of events of each aggregate that waits in the outbox. */
type Aggregate = { readonly lane: number; readonly events: number };

const eventsOf = ({ lane, events }: Aggregate): OutgoingEnvelope[] => {
  const subject = aggregateIn(lane);
  const type = 'session.scheduled';
  return Array.from({ length: events }, (_, n) => ({ id: randomUUID(), subject, type, sequence: String(n + 1) }));
};

const aggregateIn = (lane: number): string => {
  for (;;) {
    const id = randomUUID();
    if (laneOf(id) === lane) return id;
  }
};

const namesOf = (envelopes: readonly Told[]) =>
  Object.fromEntries(
    envelopes.flatMap(({ id, subject }, n) => [
      [`message ${n}`, id],
      [`aggregate of ${n}`, subject],
    ]),
  );

/** Two relays, one batch each. */
export const relays =
  (aggregates: readonly Aggregate[], limit: number): Scenario =>
  async (database) => {
    const envelopes = aggregates.flatMap(eventsOf);
    const wire: Wire = [];
    await emptyOutbox(database);
    await enqueue(database, envelopes);
    const acts = { a: relay(wire, limit), b: relay(wire, limit) };
    return { acts, names: namesOf(envelopes), rows: () => rowsAfter(database, { wire }, envelopes) };
  };

/** A relay, a writer that commits at any time after its insert, and a second writer. */
export const relayAndLateCommit =
  (laneOfOther: number): Scenario =>
  async (database) => {
    const [late, other] = [eventsOf({ lane: 1, events: 1 }), eventsOf({ lane: laneOfOther, events: 1 })];
    const wire: Wire = [];
    await emptyOutbox(database);
    const acts: Record<string, Act> = {
      relay: relay(wire, 100),
      late: (turnstile) => enqueue(turnstile.database, late),
      other: async ({ pass }) => {
        await pass('outbox-enqueue with its commit');
        await enqueue(database, other);
      },
    };
    const envelopes = [...late, ...other];
    return { acts, names: namesOf(envelopes), rows: () => rowsAfter(database, { wire }, envelopes) };
  };

/**
 * As above in one lane, with a relay that raises its low-water marks and then does not scan below them; after the
 * late event follows the next one of its aggregate.
 */
export const marksAndLateCommit: Scenario = async (database) => {
  const [late, next] = eventsOf({ lane: 1, events: 2 }).map((event) => [event]);
  const other = eventsOf({ lane: 1, events: 1 });
  const wire: Wire = [];
  let connection: Queryable = database;
  const marks = createLowWaterMarks({ query: (statement, values) => connection.query(statement, values) }, 0);
  await emptyOutbox(database);
  const acts: Record<string, Act> = {
    relay: async ({ database: own, pass }) => {
      connection = own;
      await relayOnce({ database: own, publisher: publisherTo(wire, pass), limit: 100, marks });
      await marks.raise(true); // records the horizon
      await marks.raise(false);
      connection = database;
    },
    late: async ({ database: own, pass }) => {
      await enqueue(own, late ?? []);
      await pass('outbox-enqueue of the next with its commit');
      await enqueue(database, next ?? []);
    },
    other: async ({ pass }) => {
      await pass('outbox-enqueue with its commit');
      await enqueue(database, other);
    },
  };
  const envelopes = [late, next, other].flatMap((events) => events ?? []);
  return { acts, names: namesOf(envelopes), rows: () => rowsAfter(database, { wire, marks }, envelopes) };
};

/** Relays while a session is started whose session.scheduled is still in the outbox: two events of one aggregate. */
const whileStarting =
  (relayNames: readonly string[]): Scenario =>
  async (database) => {
    const booking = aMessage();
    const wire: Wire = [];
    const messageId = randomUUID();
    await emptyOutbox(database);
    await schedule(database, [booking]);
    const [born] = await database.query<{ id: string }>('select message_id as id from outbox');
    const told = [born?.id ?? '', messageId].map((id) => ({ id, subject: booking.data.sessionId }));
    const start = moveOf(booking, { action: 'start' }, messageId);
    const acts: Record<string, Act> = { start: async (turnstile) => void (await start(turnstile)) };
    for (const name of relayNames) acts[name] = relay(wire, 100);
    const wholeWrites = relayNames.length > 1;
    return { acts, names: namesOf(told), wholeWrites, rows: () => rowsAfter(database, { wire }, told) };
  };

export const relayAndStart = whileStarting(['relay']);
export const relaysAndStart = whileStarting(['a', 'b']);
