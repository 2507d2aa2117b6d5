import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import type pg from 'pg';
import { illegalForTheOwner, illegalWrites } from './illegal-writes.ts';
import { acceptance, begin, birth, complete, id, legalWrites, session } from './legal-writes.ts';
import { answerTo, connected, contentsOf } from '@mentor-sessions/lab/plain-sql';

const guarded = ['accepted_bookings', 'sessions', 'session_transitions'];
const tables = [...guarded, 'outbox', 'outbox_published', 'inbox', 'dead_letters', 'idempotency_keys', 'migrations'];

let stack: TestStack;
let app: pg.Client;
let owner: pg.Client;

beforeAll(async () => {
  stack = await createTestStack();
  [app, owner] = [await connected(stack.sessions.databaseUrl), await connected(stack.sessions.adminDatabaseUrl)];
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

test('the audit has every creation and transition: who, from, to, when; the creator is who accepted', async () => {
  const { rows } = await owner.query(`
    select t.session_id, from_status, to_status, actor_user_id, at >= s.created_at and at <= clock_timestamp() as recently,
      at = date_trunc('milliseconds', at) as to_the_millisecond
    from session_transitions t join sessions s on s.id = session_id order by session_id, at, from_status desc nulls first`);
  const told = (n: number, from: string | null, to: string, actor: number) => ({
    session_id: id(n),
    from_status: from,
    to_status: to,
    actor_user_id: id(actor),
    recently: true,
    to_the_millisecond: true,
  });
  const born = (n: number) => told(n, null, 'scheduled', 10);
  expect(rows).toEqual([
    born(1),
    born(2),
    told(2, 'scheduled', 'in_progress', 11),
    born(3),
    told(3, 'scheduled', 'in_progress', 10),
    told(3, 'in_progress', 'completed', 10),
  ]);
});

test.each(illegalForTheOwner)('refused even to the owner: $sentence', async ({ sql, answer }) => {
  const before = await contentsOf(owner, tables);
  expect(await answerTo(owner, sql)).toBe(answer);
  expect(await contentsOf(owner, tables)).toEqual(before);
});

test('every rule of the tables is broken by one of the writes above', async () => {
  const { rows } = await owner.query<{ conname: string }>(`select conname from pg_constraint
    where contype <> 'n' and conrelid = any (array[${guarded.map((table) => `'${table}'::regclass`).join(', ')}])`);
  const broken = new Set([...illegalWrites, ...illegalForTheOwner].map(({ answer }) => answer.split(' ')[1]));
  // implied by accepted_booking_session_once; it is there for the foreign key to refer to
  broken.add('accepted_booking_as_sessions_refer_to_it');
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.map(({ conname }) => conname).filter((rule) => !broken.has(rule))).toEqual([]);
});

test('a transition is dated within the last minute, by the clock of the database', async () => {
  const ago = (seconds: number) => `date_trunc('milliseconds', now()) - ${seconds} * interval '1 second'`;
  await app.query(acceptance(6));
  await owner.query(birth(6, { created_at: ago(3600), updated_at: ago(3600) }));
  expect(await answerTo(app, begin(session(6), { at: ago(61) }))).toBe('23514 session_moves_now');
  expect(await answerTo(app, begin(session(6), { at: ago(50) }))).toBe('accepted');
  const completion = complete(session(6), { at: ago(40) });
  const withAnotherStart = completion.replace('set', 'set started_at = created_at,');
  expect(await answerTo(app, withAnotherStart)).toBe('23514 session_start_is_recorded_once');
  expect(await answerTo(app, completion)).toBe('accepted');
});

test('many are created by one statement, each audited, and what "on conflict do nothing" leaves out is not', async () => {
  await app.query([acceptance(7), acceptance(8)].join(';'));
  const both = `${birth(7)}, ${birth(8).replace(/^.* values /, '')}`;
  await app.query(both);
  const before = await contentsOf(owner, tables);
  await app.query(`${both} on conflict do nothing`);
  expect(await contentsOf(owner, tables)).toEqual(before);
  const { rows } = await owner.query(
    `select session_id, to_status from session_transitions where session_id in (${session(7)}, ${session(8)}) order by 1`,
  );
  expect(rows).toEqual([7, 8].map((n) => ({ session_id: id(n), to_status: 'scheduled' })));
});
