import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordStatements, type RecordedStatement } from '@mentor-sessions/lab/recorded-statements';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { createDatabase } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import type pg from 'pg';
import { openBookings, type Bookings } from '../src/database/database.ts';
import { listBookings, type ListBookings } from '../src/use-cases/bookings.ts';

let stack: TestStack;
let owner: pg.Client;
let db: Bookings;
let sent: RecordedStatement[];

const [busy, nobody] = ['01980000-0000-7000-8000-00000000000a', '01980000-0000-7000-8000-000000000000'];
const actor = { userId: busy, mentorProfileId: busy, roles: ['mentor', 'mentee'] };

beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl, adminDatabaseUrl } = stack.bookings;
  owner = await connected(adminDatabaseUrl);
  // every other booking is the busy one's, as mentor or as mentee
  await owner.query(`insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
    select gen_random_uuid(), '${nobody}',
      case n % 4 when 0 then '${busy}' else md5('mentor' || n % 200)::uuid end,
      case n % 4 when 1 then '${busy}' else md5('mentee' || n % 200)::uuid end, start, start + interval '1 hour'
    from generate_series(1, 20000) n, lateral (select date_trunc('hour', now()) + n * interval '1 hour') s (start)`);
  await owner.query('analyze bookings');
  const log = createLogger({ service: 'bookings', role: 'test', level: 'error' });
  const database = createDatabase({ url: databaseUrl, applicationName: 'test', log });
  sent = recordStatements(database.pool);
  db = openBookings(database);
});

afterAll(async () => {
  await db.close();
  await owner.end();
  await stack.close();
});

const inHours = (n: number): Date => new Date(Date.now() + n * 3_600_000);
const cursor = { start: inHours(10_000), id: nobody };
const filters: Record<string, Partial<ListBookings['filter']> & { cursor?: typeof cursor }> = {
  'without a filter': {},
  'with a status': { status: 'draft' },
  'from a cursor on': { cursor },
  'with status, period and cursor': { status: 'draft', from: inHours(1), to: inHours(19_000), cursor },
};
const cases = Object.entries(filters).flatMap(([name, filter]) =>
  (['asc', 'desc'] as const).map((order) => ({ name, order, filter })),
);

test.each(cases)('a list $name, $order, reads a page of the index and no more', async ({ order, filter }) => {
  const { cursor: from = null, ...narrowed } = filter;
  sent.length = 0;
  const { items } = await listBookings(db, actor, { filter: narrowed, page: { order, limit: 20, cursor: from } });
  expect(items).toHaveLength(20);
  const selects = sent.filter(({ text }) => /from "bookings"/.test(text));
  expect(selects).toHaveLength(2);
  for (const { text, values } of selects) {
    const { rows } = await owner.query<Record<'QUERY PLAN', string>>(
      `explain (analyze, timing off, costs off) ${text}`,
      values,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan (Backward )?using booking_by_(mentor|mentee)/);
    expect(plan).not.toMatch(/Sort|Seq Scan|Bitmap|Rows Removed by Filter: \d{2}/);
  }
});
