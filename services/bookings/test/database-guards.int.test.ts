import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import type pg from 'pg';
import { illegalForTheOwner, illegalWrites } from './illegal-writes.ts';
import { accept, birth, cancel, draft, id, legalWrites, told } from './legal-writes.ts';
import { answerTo, connected, contentsOf } from '@mentor-sessions/lab/plain-sql';

const tables = [
  'bookings',
  'booking_transitions',
  'booking_sessions',
  'awaited_sessions',
  'booking_bounds',
  'outbox',
  'outbox_published',
  'inbox',
  'dead_letters',
  'idempotency_keys',
  'migrations',
];

let stack: TestStack;
let app: pg.Client;
let owner: pg.Client;

beforeAll(async () => {
  stack = await createTestStack();
  [app, owner] = [await connected(stack.bookings.databaseUrl), await connected(stack.bookings.adminDatabaseUrl)];
});

afterAll(async () => {
  await app.end();
  await owner.end();
  await stack.close();
});

describe('as the application', () => {
  test.each(legalWrites)('legal: $sentence', async ({ sql }) => {
    expect(await answerTo(app, sql)).toBe('accepted');
  });

  test.each(illegalWrites)('refused: $sentence', async ({ sql, answer }) => {
    const before = await contentsOf(owner, tables);
    expect(await answerTo(app, sql)).toBe(answer);
    expect(await contentsOf(owner, tables)).toEqual(before);
  });
});

test('the audit has every creation and transition: who, from, to, when', async () => {
  const { rows } = await owner.query(`
    select t.booking_id, from_status, to_status, actor_user_id, at >= b.created_at and at <= clock_timestamp() as recently,
      at = date_trunc('milliseconds', at) as to_the_millisecond
    from booking_transitions t join bookings b on b.id = booking_id order by booking_id, at, from_status nulls first`);
  const born = (n: number) => moved(n, null, 'draft', 11);
  const moved = (n: number, from: string | null, to: string, actor: number) => ({
    booking_id: id(n),
    from_status: from,
    to_status: to,
    actor_user_id: id(actor),
    recently: true,
    to_the_millisecond: true,
  });
  expect(rows).toEqual([
    born(1),
    born(2),
    moved(2, 'draft', 'accepted', 10),
    born(3),
    moved(3, 'draft', 'declined', 10),
    born(4),
    moved(4, 'draft', 'cancelled', 11),
    born(5),
    moved(5, 'draft', 'accepted', 10),
  ]);
});

test.each(illegalForTheOwner)('refused even to the owner: $sentence', async ({ sql, answer }) => {
  const before = await contentsOf(owner, tables);
  expect(await answerTo(owner, sql)).toBe(answer);
  expect(await contentsOf(owner, tables)).toEqual(before);
});

test('a decision is dated within the last minute, by the clock of the database', async () => {
  const old = `'${id(30)}'`;
  const hourAgo = `date_trunc('milliseconds', now()) - interval '1 hour'`;
  await owner.query(`insert into bookings
    (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, created_at, updated_at)
    select ${old}, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, ${hourAgo}, ${hourAgo}
    from bookings where id = ${draft}`);
  const secondsAgo = (n: number) => `date_trunc('milliseconds', now()) - ${n} * interval '1 second'`;
  expect(await answerTo(app, cancel(old, { at: secondsAgo(61) }))).toBe('23514 booking_is_decided_now');
  expect(await answerTo(app, cancel(old, { at: secondsAgo(50) }))).toBe('accepted');
});

test('every rule of the tables is broken by one of the writes above', async () => {
  const { rows } = await owner.query<{ conname: string }>(`
    select conname from pg_constraint where contype <> 'n'
      and conrelid in ('bookings'::regclass, 'booking_transitions'::regclass, 'booking_sessions'::regclass,
        'awaited_sessions'::regclass, 'booking_bounds'::regclass)
      -- only for others to refer to: booking_once is stricter
      and conname <> 'booking_as_its_session_refers_to_it'`);
  const broken = new Set([...illegalWrites, ...illegalForTheOwner].map(({ answer }) => answer.split(' ')[1]));
  expect(rows.length).toBeGreaterThan(15);
  expect(rows.map(({ conname }) => conname).filter((rule) => !broken.has(rule))).toEqual([]);
});

test('a session is awaited from the acceptance until its first event', async () => {
  const [next, as, event] = [id(40), `'${id(41)}'`, `'${id(42)}'`];
  const awaited = async () => (await owner.query('select booking_id from awaited_sessions order by 1')).rows;
  await app.query(birth(`'${next}'`, { hour: 20 }));
  const before = await awaited();
  await app.query(accept(`'${next}'`, { as, event }));
  expect(await awaited()).toEqual([...before, { booking_id: next }]);
  await app.query(told(`'${next}'`, `${as}, 'completed', 3, now()`));
  expect(await awaited()).toEqual(before);
});

test('an insert skipped by "on conflict do nothing" is not audited', async () => {
  const before = await contentsOf(owner, tables);
  await app.query(`${birth(draft)} on conflict (id) do nothing`);
  expect(await contentsOf(owner, tables)).toEqual(before);
});

test('accepted bookings may be adjacent', async () => {
  const [next, session, event] = [`'${id(31)}'`, `'${id(32)}'`, `'${id(33)}'`];
  await app.query(birth(next, { hour: 10 }));
  expect(await answerTo(app, accept(next, { as: session, event }))).toBe('accepted');
});
