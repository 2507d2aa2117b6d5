import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BookingAccepted } from '@mentor-sessions/contracts';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { Rejected, type Message } from '@mentor-sessions/messaging';
import { createDatabase, type Database, type Queryable } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { onBookingAccepted } from '../src/messaging/on-booking-accepted.ts';
import { scheduleSessions } from '../src/use-cases/schedule-sessions.ts';

let stack: TestStack;
let db: Database;
beforeAll(async () => {
  stack = await createTestStack();
  const log = createLogger({ service: 'sessions', role: 'test', level: 'silent' });
  db = createDatabase({ url: stack.sessions.databaseUrl, applicationName: 'test', log });
});
afterAll(async () => {
  await db.close();
  await stack.close();
});

const accepted = (over: Partial<BookingAccepted> = {}): Message<BookingAccepted> => {
  const id = randomUUID();
  const bookingId = over.bookingId ?? randomUUID();
  const at = '2039-01-01T09:00:00.000Z';
  const ids = { sessionId: randomUUID(), listingId: randomUUID(), mentorProfileId: randomUUID() };
  const times = { start: '2039-02-01T09:00:00.000Z', end: '2039-02-01T10:00:00.000Z', acceptedAt: at };
  const people = { menteeUserId: randomUUID(), acceptedBy: randomUUID() };
  const data = { bookingId, ...ids, ...people, ...times, notes: null, metadata: {}, ...over };
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const attributes = {
    type: 'booking.accepted',
    subject: bookingId,
    time: at,
    sequence: 2,
    correlationId: bookingId,
    traceparent,
  };
  return { id, ...attributes, contentHash: createHash('sha256').update(id).digest(), data };
};

type Told = { aggregate_id: string; envelope: Record<string, unknown> };

const schedule = (...messages: Message<BookingAccepted>[]) =>
  db.transaction((tx) => scheduleSessions(tx, messages, randomUUID));

test('of two messages for one booking in one batch one is refused and has no effect', async () => {
  const first = accepted();
  const second = accepted({ bookingId: first.data.bookingId });
  const error: unknown = await schedule(first, second).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Rejected);
  expect((error as Rejected).rejections).toMatchObject([{ reason: 'session-already-exists' }]);
  expect(await db.query('select 1 from sessions union all select 1 from outbox')).toEqual([]);
});

test('the sample that tells the database’s fault from a message’s is handled', async () => {
  const { sample, handle } = onBookingAccepted('bookings');
  const message = sample?.('booking.accepted') as Message<BookingAccepted>;
  const made = 'select id from sessions where id = $1';
  const rows = await db.transaction(async (tx) => {
    await handle(tx, [message]);
    return tx.query(made, [message.data.sessionId]);
  });
  expect(rows).toEqual([{ id: message.data.sessionId }]);
});

/** A driver that cannot read dates: every one of them is null. */
const withoutDates = (tx: Queryable): Queryable => ({
  query: async <Row extends object>(...asked: Parameters<Queryable['query']>) => {
    const rows = await tx.query<Row>(...asked);
    return rows.map(
      (row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [name, value instanceof Date ? null : (value as unknown)]),
        ) as Row,
    );
  },
});

test('a session whose time of creation cannot be read is not committed without its event', async () => {
  const before = await db.query('select id from sessions');
  const message = accepted();
  const blind = db.transaction((tx) => scheduleSessions(withoutDates(tx), [message], randomUUID));
  await expect(blind).rejects.toThrow('sessions.created_at is null');
  expect(await db.query('select id from sessions')).toEqual(before);
  expect(await db.query('select from accepted_bookings where message_id = $1', [message.id])).toEqual([]);
  await schedule(message);
  expect(await db.query('select type from outbox where aggregate_id = $1', [message.data.sessionId])).toEqual([
    { type: 'session.scheduled' },
  ]);
});

test('a batch makes one session and one event for each of its messages', async () => {
  await db.query('delete from outbox');
  const before = (await db.query<{ id: string }>('select id from sessions')).map(({ id }) => id);
  const batch = Array.from({ length: 20 }, () => accepted());
  await schedule(...batch);
  const ids = batch.map(({ data }) => data.sessionId).toSorted();
  const sessions = await db.query<{ id: string }>('select id from sessions where id <> all($1) order by id', [before]);
  const events = await db.query<Told>('select aggregate_id, envelope from outbox order by 1');
  expect(sessions.map(({ id }) => id)).toEqual(ids);
  expect(events.map((row) => row.aggregate_id)).toEqual(ids);
  const [told] = events;
  const source = batch.find(({ data }) => data.sessionId === told?.aggregate_id);
  expect(told?.envelope).toMatchObject({ correlationid: source?.correlationId, traceparent: source?.traceparent });
});
