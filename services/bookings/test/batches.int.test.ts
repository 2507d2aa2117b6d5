import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { people } from '@mentor-sessions/lab/people';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import type pg from 'pg';
import { openBookings, type Bookings } from '../src/database/database.ts';
import { acceptBooking, cancelBooking, getBooking } from '../src/use-cases/bookings.ts';
import { historiesOfBookings, inHour, insertBookings, plainBooking, type PlainBooking } from './plain-bookings.ts';

let stack: TestStack;
let database: Database;
let owner: pg.Client;
beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl: url } = stack.bookings;
  const log = createLogger({ service: 'bookings', role: 'test', level: 'silent' });
  database = createDatabase({ url, applicationName: 'test', log });
  owner = await connected(stack.bookings.adminDatabaseUrl);
});
afterAll(async () => {
  await owner.end();
  await database.close();
  await stack.close();
});

/** Counts the statements that write, and loses the responses of the first. */
const counting = ({ lost = 0 } = {}) => {
  const writes: string[] = [];
  let left = lost;
  const write: Database['write'] = async (statement, values, readBack) => {
    writes.push(statement.name);
    const rows = await database.write(statement, values, readBack);
    left -= 1;
    return left >= 0 ? ((await readBack()) ?? []) : rows;
  };
  return { db: openBookings({ ...database, write }), writes };
};

const drafts = async (wanted: readonly Partial<PlainBooking>[]): Promise<PlainBooking[]> => {
  const app = await connected(stack.bookings.databaseUrl);
  const rows = wanted.map((one, n) => plainBooking(n, one));
  await insertBookings(app, rows);
  await app.end();
  return rows;
};

const mentorOf = ({ mentorProfileId }: PlainBooking) => ({ ...people['its mentor'], mentorProfileId });

const accept = (db: Bookings, booking: PlainBooking, more: object = {}) =>
  acceptBooking(db, {
    id: booking.id,
    actor: mentorOf(booking),
    ifMatch: () => true,
    sessionId: randomUUID(),
    messageId: randomUUID(),
    ...more,
  });

const outcomes = async (answers: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(answers)).map((one) =>
    one.status === 'fulfilled' ? 'done' : String((one.reason as { code?: string }).code),
  );

const inTheWay = async (answers: readonly Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(answers)).flatMap((one) =>
    one.status === 'rejected'
      ? [(one.reason as { extras?: Record<string, unknown> }).extras?.['conflictingBookingId']]
      : [],
  );

const others = (count: number) => Array.from({ length: count }, () => ({ mentorProfileId: randomUUID() }));

test('commands that wait while a statement is under way share the next one', async () => {
  const { db, writes } = counting();
  const rows = await drafts(others(60));
  const answers = await Promise.all(rows.map((row) => accept(db, row)));
  expect(answers.map(({ row }) => row.id)).toEqual(rows.map(({ id }) => id));
  expect(new Set(answers.map(({ row }) => row.sessionId)).size).toBe(60);
  expect(writes.length).toBeLessThan(15);
  const { rows: events } = await owner.query<{ id: string; session: string }>(
    `select aggregate_id as id, envelope->'data'->>'sessionId' as session from outbox where aggregate_id = any($1)`,
    [rows.map(({ id }) => id)],
  );
  const sessionOf = new Map(answers.map(({ row }) => [row.id, row.sessionId]));
  expect(events).toHaveLength(60);
  for (const { id, session } of events) expect(session).toBe(sessionOf.get(id));
});

test('a refusal of one command does not affect the others of its batch', async () => {
  await owner.query(`create function refuse_some() returns trigger language plpgsql as $$ begin
    if new.mentor_profile_id = '${people['another mentor'].mentorProfileId}' then
      raise exception 'not this one' using errcode = 'check_violation', constraint = 'a_rule_of_others'; end if;
    return new; end $$;
    create trigger refuse_some before update on bookings for each row execute function refuse_some()`);
  try {
    const { db } = counting();
    const busy = randomUUID();
    const taken = plainBooking(3, { mentorProfileId: busy, status: 'accepted' });
    const app = await connected(stack.bookings.databaseUrl);
    await insertBookings(app, [taken]);
    await app.end();
    const good = await drafts(others(30));
    const [overlapping, refused, stale, nameless] = await drafts([
      { mentorProfileId: busy, ...inHour(3) },
      { mentorProfileId: people['another mentor'].mentorProfileId },
      { mentorProfileId: randomUUID() },
      { mentorProfileId: randomUUID() },
    ]);
    const bad = [
      accept(db, overlapping as PlainBooking),
      accept(db, refused as PlainBooking),
      accept(db, stale as PlainBooking, { ifMatch: () => false }),
      accept(db, { ...(stale as PlainBooking), id: randomUUID() }),
      accept(db, nameless as PlainBooking, { sessionId: undefined }),
    ];
    const [told, [first], rest] = await Promise.all([
      outcomes(bad),
      inTheWay(bad),
      outcomes(good.map((row) => accept(db, row))),
    ]);
    expect(first).toBe(taken.id);
    expect(told).toEqual(['mentor-double-booked', '23514', 'precondition-failed', 'not-found', 'undefined']);
    expect(rest).toEqual(good.map(() => 'done'));
  } finally {
    await owner.query('drop trigger refuse_some on bookings; drop function refuse_some()');
  }
});

test('a locked row holds up the commands for it, and no others', async () => {
  const { db } = counting();
  const [locked, ...free] = await drafts(others(40));
  await owner.query('begin');
  await owner.query('select from bookings where id = $1 for update', [locked?.id]);
  const waiting = [
    accept(db, locked as PlainBooking),
    cancelBooking(db, {
      id: locked?.id ?? '',
      messageId: randomUUID(),
      actor: people['its mentee'],
      ifMatch: () => true,
    }),
  ];
  expect(await outcomes(free.map((row) => accept(db, row)))).toEqual(free.map(() => 'done'));
  await owner.query('commit');
  expect((await outcomes(waiting)).toSorted()).toEqual(['done', 'invalid-transition']);
});

test('overlapping acceptances of two replicas: one of each pair is done, and nothing fails', async () => {
  const replicas = [counting().db, counting().db];
  const pairs = await drafts(others(25).flatMap((one) => [one, one].map((of) => ({ ...of, ...inHour(9) }))));
  const answers = await outcomes(pairs.flatMap((row) => replicas.map((db) => accept(db, row))));
  expect(answers.filter((one) => one === 'done')).toHaveLength(25);
  expect(new Set(answers)).toEqual(new Set(['done', 'mentor-double-booked', 'invalid-transition']));
});

test('after a lost response each command of the batch gets its own outcome', async () => {
  const { db } = counting({ lost: 4 });
  const busy = randomUUID();
  const rows = await drafts([
    ...others(20),
    { mentorProfileId: busy, ...inHour(5) },
    { mentorProfileId: busy, ...inHour(5) },
  ]);
  const answers = await outcomes(rows.map((row) => accept(db, row)));
  expect(answers.slice(0, 20)).toEqual(rows.slice(0, 20).map(() => 'done'));
  expect(answers.slice(20).toSorted()).toEqual(['done', 'mentor-double-booked']);
  const histories = await historiesOfBookings(
    owner,
    rows.map(({ id }) => id),
  );
  expect(histories.filter(({ row }) => row?.['status'] === 'accepted')).toHaveLength(21);
});

test('commands under one key or for one row never share a statement: one takes effect', async () => {
  const { db } = counting();
  const [row] = await drafts(others(1));
  const key = { actor: mentorOf(row as PlainBooking), key: randomUUID(), requestHash: Buffer.alloc(32) };
  const answers = await outcomes(Array.from({ length: 8 }, () => accept(db, row as PlainBooking, { key })));
  expect(answers).toContain('done');
  expect(new Set([...answers, 'idempotency-key-in-use'])).toEqual(new Set(['done', 'idempotency-key-in-use']));
  const [history] = await historiesOfBookings(owner, [row?.id ?? '']);
  expect(history?.row).toMatchObject({ version: 2 });
});

test('a row that cannot be read fails its own reader only', async () => {
  const rows = await drafts(others(12));
  const [broken, ...whole] = rows.map(({ id }) => id);
  await owner.query('alter table bookings disable trigger booking_moves');
  await owner.query('alter table bookings drop constraint booking_decided_unless_draft');
  await owner.query(`update bookings set status = 'declined' where id = $1`, [broken]);
  const { db } = counting();
  const reading = (id = '') => getBooking(db, id, people['its mentee']);
  const [refused, ...read] = await Promise.allSettled([reading(broken), ...whole.map(reading)]);
  expect(refused).toMatchObject({
    status: 'rejected',
    reason: { message: 'bookings.decidedAt is null, which cannot be' },
  });
  expect(read.map((one) => one.status === 'fulfilled' && one.value.row.id)).toEqual(whole);
});
