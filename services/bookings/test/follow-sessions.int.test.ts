import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Envelope, SessionScheduled } from '@mentor-sessions/contracts';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { Rejected, type Message } from '@mentor-sessions/messaging';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import fc from 'fast-check';
import type pg from 'pg';
import { onSessionEvents } from '../src/messaging/on-session-events.ts';
import { followSessions } from '../src/use-cases/sessions-of-bookings.ts';
import { insertAccepted, newsOf } from './session-news.ts';

let stack: TestStack;
let app: pg.Client;
let db: Database;
beforeAll(async () => {
  stack = await createTestStack();
  app = await connected(stack.bookings.databaseUrl);
  const log = createLogger({ service: 'bookings', role: 'test', level: 'silent' });
  db = createDatabase({ url: stack.bookings.databaseUrl, applicationName: 'test', log });
});
afterAll(async () => {
  await db.close();
  await app.end();
  await stack.close();
});

const messageOf = ({ id, type, subject, time, sequence, correlationid, data }: Envelope<SessionScheduled>) => {
  const contentHash = createHash('sha256').update(id).digest();
  return { id, type, subject, time, sequence: Number(sequence), correlationId: correlationid, contentHash, data };
};
const follow = (messages: readonly Message<SessionScheduled>[]) => db.transaction((tx) => followSessions(tx, messages));

const known = async (bookingIds: readonly string[]) => {
  const sql = 'select booking_id, status, sequence from booking_sessions where booking_id = any($1)';
  const { rows } = await app.query<{ booking_id: string; status: string; sequence: number }>(sql, [bookingIds]);
  return new Map(rows.map((row) => [row.booking_id, { status: row.status, sequence: row.sequence }]));
};
const statuses = ['scheduled', 'in_progress', 'completed'];

test('for events in any order, in batches or concurrently: the highest sequence wins', async () => {
  const BOOKINGS = 3;
  const some = fc.record({ booking: fc.nat(BOOKINGS - 1), step: fc.nat(2) });
  const batches = fc.array(fc.array(some, { minLength: 1, maxLength: 6 }), { maxLength: 6 });
  const property = fc.asyncProperty(batches, fc.boolean(), async (told, sideBySide) => {
    const bookings = await insertAccepted(app, BOOKINGS);
    const news = bookings.map((booking) => newsOf(booking).map(messageOf));
    const follows = told.map(
      (batch) => () => follow(batch.flatMap(({ booking, step }) => news[booking]?.[step] ?? [])),
    );
    if (sideBySide) await Promise.all(follows.map((run) => run()));
    else for (const run of follows) await run();
    const expected = bookings.flatMap(({ bookingId }, index) => {
      const steps = told.flat().flatMap(({ booking, step }) => (booking === index ? [step] : []));
      const last = Math.max(...steps);
      return steps.length > 0 ? [[bookingId, { status: statuses[last], sequence: last + 1 }] as const] : [];
    });
    expect(await known(bookings.map(({ bookingId }) => bookingId))).toEqual(new Map(expected));
  });
  await fc.assert(property, { numRuns: 60 });
});

test('an event of a booking that was not accepted here, or with another session, is refused, and its batch has no effect', async () => {
  const [one, other] = await insertAccepted(app, 2);
  if (!one || !other) throw new Error('two bookings were asked for');
  const good = newsOf(one).map(messageOf);
  const exchanged = newsOf({ bookingId: other.bookingId, sessionId: one.sessionId }).map(messageOf);
  const invented = newsOf({ bookingId: one.sessionId, sessionId: one.sessionId }).map(messageOf);
  const error: unknown = await follow([...exchanged, ...good, ...invented]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Rejected);
  const refused = (error as Rejected).rejections;
  expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['unknown-booking']));
  expect(refused.map(({ message }) => message)).toEqual([...exchanged, ...invented]);
  expect(await known([one.bookingId, other.bookingId])).toEqual(new Map());
});

test.each(['session.scheduled', 'session.started', 'session.completed'])(
  'the sample of %s, which tells the database’s fault from a message’s, is refused as a stranger’s, not by the database',
  async (type) => {
    const { sample, handle } = onSessionEvents('sessions');
    const message = sample?.(type) as Message<SessionScheduled>;
    const error: unknown = await db.transaction((tx) => handle(tx, [message])).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Rejected);
    expect((error as Rejected).rejections).toMatchObject([{ reason: 'unknown-booking' }]);
  },
);
