import { createHash, randomUUID } from 'node:crypto';
import { acceptedBooking } from '../world/bookings.ts';
import { randomOf } from '../../random.ts';
import { enqueue, findEnqueued, type Message } from '@mentor-sessions/messaging';
import type { BookingAccepted } from '@mentor-sessions/contracts';
import { constraintOf, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { openSessions } from '@mentor-sessions/sessions/database/database';
import { scheduleSessions } from '@mentor-sessions/sessions/use-cases/schedule-sessions';
import { completeSession, startSession } from '@mentor-sessions/sessions/use-cases/sessions';
import { enterInbox } from '../../../../libs/messaging/src/inbox/inbox.ts';
import { storeDeadLetter } from '../../../../libs/messaging/src/inbox/dead-letters.ts';
import { createLowWaterMarks } from '../../../../libs/messaging/src/relay/low-water-marks.ts';
import { claimRows, moveToPublished, parkRows } from '../../../../libs/messaging/src/relay/outbox-rows.ts';

type Scenario = { readonly run: (database: Database) => Promise<unknown>; readonly expected: unknown };

const event = (sequence: number, subject: string = randomUUID()) => ({
  id: randomUUID(),
  subject,
  type: 'session.started',
  sequence: String(sequence),
});

/** Lanes are hashes: two aggregates in different lanes are found by trying. */
const apart = async (): Promise<readonly [string, string]> => {
  const { laneOf } = await import('../../../../libs/messaging/src/outbox/lane.ts');
  const first = randomUUID();
  for (;;) {
    const second = randomUUID();
    if (laneOf(second) !== laneOf(first)) return [first, second];
  }
};

const empty = async (database: Database): Promise<void> =>
  database.transaction(async (tx) => moveToPublished(tx, await claimRows(tx, { rows: 1_000 })));

const message = (content = 'one', id: string = randomUUID()): Message =>
  ({ id, contentHash: createHash('sha256').update(content).digest() }) as unknown as Message;

const sizes = ({ fresh, duplicates, mismatches }: Awaited<ReturnType<typeof enterInbox>>) => [
  fresh.length,
  duplicates.length,
  mismatches.length,
];

const booking = (): Message<BookingAccepted> => {
  const { id, data, time, type, subject } = acceptedBooking(randomOf(randomUUID()));
  return { ...message('booking', id), data, time, type, subject, sequence: 2, correlationId: data.bookingId };
};

const schedule = (database: Database, ...messages: Message<BookingAccepted>[]) =>
  database
    .transaction((tx) => scheduleSessions(tx, messages, randomUUID))
    .then(
      () => 'scheduled',
      (error: Error) => error.message.split(': ').at(-1),
    );

const moves = (database: Database, { data }: Message<BookingAccepted>) => {
  const db = openSessions(database);
  const actor = { userId: data.acceptedBy, roles: ['mentor'], mentorProfileId: data.mentorProfileId } as const;
  const command = () => ({ id: data.sessionId, actor: actor as never, ifMatch: () => true, messageId: randomUUID() });
  const code = (error: { code: string }) => error.code;
  return {
    start: () => startSession(db, command()).then(({ row }) => row.version, code),
    complete: () => completeSession(db, command()).then(({ row }) => row.version, code),
  };
};

/** Two concurrent transactions: `second` begins after `first` has done its work and before it ends. */
const overlapping = async <T>(
  database: Database,
  first: (tx: Queryable) => Promise<unknown>,
  second: (tx: Queryable) => Promise<T>,
  ends: 'commits' | 'rolls back',
): Promise<T> => {
  const [worked, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const one = database.transaction(async (tx) => {
    await first(tx);
    worked.resolve();
    await mayEnd.promise;
    if (ends === 'rolls back') throw new Error('rolled back');
  });
  one.catch(() => undefined);
  await worked.promise;
  const other = database.transaction(async (tx) => {
    const result = second(tx);
    await Promise.race([result, turns(20)]);
    mayEnd.resolve(); // by now it has its result, or waits for the first
    return result;
  });
  await one.catch(() => undefined);
  return other;
};

const turns = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 5));
};

export const scenarios: Readonly<Record<string, Scenario>> = {
  'rows are claimed in the order of their insertion, with their columns': {
    run: async (database) => {
      await empty(database);
      const subject = randomUUID();
      const events = [1, 2, 3].map((sequence) => event(sequence, subject));
      await database.transaction((tx) => enqueue(tx, events));
      const rows = await database.transaction((tx) => claimRows(tx, { rows: 2 }));
      const [{ position, ...first } = { position: '' }] = rows;
      return [
        rows.map(({ message_id }) => events.findIndex(({ id }) => id === message_id)),
        typeof position,
        Object.keys(first).sort(),
        JSON.parse((first as unknown as { envelope: string }).envelope).id === events[0]?.id,
      ];
    },
    expected: [
      [0, 1],
      'string',
      ['aggregate_id', 'attempts', 'awaits_standby', 'bytes', 'envelope', 'lane', 'message_id', 'type'],
      true,
    ],
  },
  'a claim passes over lanes that another holds': {
    run: async (database) => {
      await empty(database);
      const [a, b] = await apart();
      await database.transaction((tx) => enqueue(tx, [event(1, a)]));
      const claimed = await overlapping(
        database,
        (tx) => claimRows(tx, { rows: 10 }),
        async (tx) => {
          await database.transaction((other) => enqueue(other, [event(2, a), event(1, b)]));
          return claimRows(tx, { rows: 10 });
        },
        'commits',
      );
      return claimed.map(({ aggregate_id }) => aggregate_id === b);
    },
    expected: [true],
  },
  'moved rows are gone, and come back if the transaction does not commit': {
    run: async (database) => {
      await empty(database);
      await database.transaction((tx) => enqueue(tx, [event(1)]));
      const move = async (tx: Queryable) => moveToPublished(tx, await claimRows(tx, { rows: 10 }));
      await database
        .transaction(async (tx) => Promise.reject(new Error(String(await move(tx)))))
        .catch(() => undefined);
      const before = await database.transaction((tx) => claimRows(tx, { rows: 10 }));
      await database.transaction(move);
      return [before.length, (await database.transaction((tx) => claimRows(tx, { rows: 10 }))).length];
    },
    expected: [1, 0],
  },
  'a parked row holds back its own aggregate only': {
    run: async (database) => {
      await empty(database);
      const [a, b] = [randomUUID(), randomUUID()];
      const events = [event(1, a), event(2, a), event(1, b)];
      await database.transaction((tx) => enqueue(tx, events));
      await database.transaction(async (tx) => {
        const row = (await claimRows(tx, { rows: 10 })).find(({ message_id }) => message_id === events[0]?.id);
        if (row) await parkRows(tx, [{ row, reason: 'too large', again: false }]);
      });
      const rows = await database.transaction((tx) => claimRows(tx, { rows: 10 }));
      return rows.map(({ message_id }) => events.findIndex(({ id }) => id === message_id));
    },
    expected: [2],
  },
  'low-water marks stay below what a transaction may still insert, and rise when it has ended': {
    run: async (database) => {
      await empty(database);
      const [aggregate, late] = [randomUUID(), randomUUID()];
      const marks = createLowWaterMarks(database, 0);
      const publish = async (): Promise<void> => {
        await database.transaction((tx) => enqueue(tx, [event(1, aggregate)]));
        const rows = await database.transaction(async (tx) => {
          const claimed = await claimRows(tx, { rows: 10 }, marks.current());
          await moveToPublished(tx, claimed);
          return claimed;
        });
        for (let look = 0; look < 2; look++) await marks.raise(rows.length > 0);
      };
      const highest = () => Math.max(...marks.current().byLane.map(Number));
      await publish();
      await publish();
      const before = highest();
      const during = await overlapping(
        database,
        (tx) => enqueue(tx, [event(1, late)]),
        async () => {
          await publish();
          return highest();
        },
        'commits',
      );
      await publish();
      await publish();
      return [before > 0, during === before, highest() > before];
    },
    expected: [true, true, true],
  },
  'a message id enters the outbox once': {
    run: async (database) => {
      const one = event(1);
      await database.transaction((tx) => enqueue(tx, [one]));
      return database.transaction((tx) => enqueue(tx, [one])).catch(constraintOf);
    },
    expected: 'outbox_message_once',
  },
  'a message of the outbox is found before and after it is published, and only if it was committed': {
    run: async (database) => {
      await empty(database);
      const [one, never] = [event(1), event(1)];
      await database.transaction((tx) => enqueue(tx, [one]));
      await database
        .transaction(async (tx) => enqueue(tx, [never]).then(() => Promise.reject(new Error('rolled back'))))
        .catch(() => undefined);
      const waiting = await findEnqueued(database, [one, never]);
      await empty(database);
      const published = await findEnqueued(database, [one, never]);
      return [waiting, published].map((found) => [one, never].map(({ id }) => found.has(id)));
    },
    expected: [
      [true, false],
      [true, false],
    ],
  },
  'the inbox tells fresh from known from forged': {
    run: async (database) => {
      const [known, forged] = [message(), message()];
      await database.transaction((tx) => enterInbox(tx, 'q', [known, forged]));
      return sizes(
        await database.transaction((tx) => enterInbox(tx, 'q', [known, message('other', forged.id), message()])),
      );
    },
    expected: [1, 1, 1],
  },
  'a copy waits for whoever entered it first, and is a duplicate if that commits': {
    run: async (database) => {
      const one = message();
      const enter = (tx: Queryable) => enterInbox(tx, 'q', [one]);
      return sizes(await overlapping(database, enter, enter, 'commits'));
    },
    expected: [0, 1, 0],
  },
  'a copy waits for whoever entered it first, and is fresh if that rolls back': {
    run: async (database) => {
      const one = message();
      const enter = (tx: Queryable) => enterInbox(tx, 'q', [one]);
      return sizes(await overlapping(database, enter, enter, 'rolls back'));
    },
    expected: [1, 0, 0],
  },
  'the same dead letter again keeps its row': {
    run: async (database) => {
      const delivery = {
        content: Buffer.from(randomUUID()),
        fields: { exchange: 'e', routingKey: 'k' },
        properties: { messageId: 'm', headers: {} },
      } as never;
      const letter = { delivery, queue: 'q', reason: 'malformed', detail: 'no JSON', attempts: 0 };
      const [first, again, other] = [
        await storeDeadLetter(database, letter),
        await storeDeadLetter(database, letter),
        await storeDeadLetter(database, { ...letter, reason: 'unknown-type' }),
      ];
      return [first.id === again.id, first.id === other.id, first.tried_at];
    },
    expected: [true, false, null],
  },
  'a booking has one session, whoever says so again': {
    run: async (database) => {
      const one = booking();
      const rival = { ...one, id: randomUUID() };
      const forged = { ...one, contentHash: message('forged').contentHash };
      const thief = { ...booking(), data: { ...booking().data, sessionId: one.data.sessionId } };
      return [
        await schedule(database, one),
        await schedule(database, one),
        await schedule(database, rival),
        await schedule(database, forged),
        await schedule(database, thief),
      ];
    },
    expected: ['scheduled', 'scheduled', 'session-already-exists', 'content-mismatch', 'session-id-taken'],
  },
  'a session starts once and completes once': {
    run: async (database) => {
      const one = booking();
      await schedule(database, one);
      const { start, complete } = moves(database, one);
      const early = await complete();
      const starts = (await Promise.all([start(), start()])).map(String).sort();
      return [early, starts, await complete(), await complete()];
    },
    expected: ['invalid-transition', ['2', 'invalid-transition'], 3, 'invalid-transition'],
  },
  'a session that is not there is not found': {
    run: (database) => moves(database, booking()).start(),
    expected: 'not-found',
  },
};
