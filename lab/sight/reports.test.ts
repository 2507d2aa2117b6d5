import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { profileId } from '@mentor-sessions/lab/people';
import { connected } from '@mentor-sessions/lab/plain-sql';
import type pg from 'pg';
import { acceptedBooking, mentor, requestBooking } from '../e2e/bookings.ts';
import { createWorld } from '../e2e/world.ts';
import type { World } from '../e2e/world.ts';

const page = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('\n## Monitoring queries'));
const queries = [...section.matchAll(/```sql\n-- (bookings|sessions) database\n(.*?)```/gs)].map(
  ([, database, sql]) => ({ database: database as 'bookings' | 'sessions', sql: sql ?? '' }),
);

let world: World;
let reports: Record<'bookings' | 'sessions', pg.Client>;
beforeAll(async () => {
  world = await createWorld();
  reports = {
    bookings: await connected(world.stack.bookings.reportsDatabaseUrl),
    sessions: await connected(world.stack.sessions.reportsDatabaseUrl),
  };
  const [bookings, sessions] = [await world.start('bookings'), await world.start('sessions')];
  await Promise.all([bookings.waitReady(), sessions.waitReady()]);
  const [ask, askSessions] = [world.client(bookings), world.client(sessions)];
  const ids: string[] = [];
  for (let n = 0; n < 3; n++) ids.push((await acceptedBooking(ask)).sessionId);
  await requestBooking(ask);
  const status = (id: string) => askSessions('GET', `/sessions/${id}`, { as: mentor });
  await eventually(async () => (await Promise.all(ids.map(status))).every((answer) => answer.status === 200));
  await askSessions('PATCH', `/sessions/${ids[0]}/start`, { as: mentor });
  await askSessions('PATCH', `/sessions/${ids[1]}/start`, { as: mentor });
  await askSessions('PATCH', `/sessions/${ids[1]}/complete`, { as: mentor });
  const known = 'select status from booking_sessions order by status';
  const heard = async () => (await world.rows.bookings.query(known)).map((row) => row['status']).join();
  await eventually(async () => (await heard()) === 'completed,in_progress,scheduled', {
    describe: 'bookings has the state of all three',
  });
}, 120_000);
afterAll(async () => {
  await Promise.all([reports.bookings.end(), reports.sessions.end()]);
  await world.close();
}, 60_000);

const answer = async (nth: number): Promise<Record<string, unknown>[]> => {
  const query = queries[nth];
  if (!query) throw new Error(`the runbook has no query ${nth}`);
  return (await reports[query.database].query(query.sql)).rows;
};

test('the runbook has the three that operators asked for, and what is missing', () => {
  expect(queries.map(({ database }) => database)).toEqual(['sessions', 'sessions', 'bookings', 'bookings']);
});

test('sessions by status', async () => {
  expect(await answer(0)).toEqual([
    { status: 'completed', count: '1' },
    { status: 'in_progress', count: '1' },
    { status: 'scheduled', count: '1' },
  ]);
});

test('sessions by mentor', async () => {
  const counts = { sessions: '3', scheduled: '1', in_progress: '1', completed: '1' };
  expect(await answer(1)).toEqual([{ mentor_profile_id: profileId, ...counts }]);
});

test('conversion of accepted bookings to sessions', async () => {
  const days = await answer(2);
  const sum = (column: string): number => days.reduce((total, day) => total + Number(day[column]), 0);
  expect([sum('accepted'), sum('sessions'), sum('completed')]).toEqual([3, 3, 1]);
  expect(days.map((day) => day['percent'])).toEqual(days.map(() => '100.0'));
});

test('what is missing', async () => {
  expect(await answer(3)).toEqual([]);
});

const forbidden = [
  ['bookings', 'select notes from bookings'],
  ['bookings', 'select metadata from bookings'],
  ['bookings', 'select mentee_user_id from bookings'],
  ['bookings', 'select * from outbox'],
  ['bookings', 'select * from idempotency_keys'],
  ['bookings', 'delete from awaited_sessions'],
  ['sessions', 'select notes from sessions'],
  ['sessions', 'select mentee_user_id from accepted_bookings'],
  ['sessions', 'select body from dead_letters'],
  ['sessions', "update sessions set status = 'completed'"],
  ['sessions', 'create table mine ()'],
] as const;

test.each(forbidden)('the role reports may not, in %s: %s', async (database, sql) => {
  await expect(reports[database].query(sql)).rejects.toMatchObject({ code: '42501' });
});
