import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordStatements, type RecordedStatement } from '@mentor-sessions/lab/recorded-statements';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { createDatabase } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import type pg from 'pg';
import { openSessions, type Sessions } from '../src/database/database.ts';
import { listSessions, type ListSessions } from '../src/use-cases/sessions.ts';

let stack: TestStack;
let owner: pg.Client;
let db: Sessions;
let sent: RecordedStatement[];

const [busy, nobody] = ['01980000-0000-7000-8000-00000000000a', '01980000-0000-7000-8000-000000000000'];
const actor = { userId: busy, mentorProfileId: busy, roles: ['mentor', 'mentee'] };

beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl, adminDatabaseUrl } = stack.sessions;
  owner = await connected(adminDatabaseUrl);
  // every other session is the busy one's, as mentor or as mentee
  await owner.query(`with asked as (
      select gen_random_uuid() as id, gen_random_uuid() as booking, start, start + interval '1 hour' as "end",
        case n % 4 when 0 then '${busy}' else md5('mentor' || n % 200)::uuid end as mentor,
        case n % 4 when 1 then '${busy}' else md5('mentee' || n % 200)::uuid end as mentee
      from generate_series(1, 20000) n, lateral (select date_trunc('hour', now()) + n * interval '1 hour') s (start)),
    accepted as (
      insert into accepted_bookings (session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time,
        end_time, message_id, content_hash, accepted_at, accepted_by)
      select id, booking, '${nobody}', mentor, mentee, start, "end", gen_random_uuid(), sha256(''), now(), '${busy}' from asked)
    insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
    select id, booking, '${nobody}', mentor, mentee, start, "end" from asked`);
  await owner.query('analyze sessions');
  const log = createLogger({ service: 'sessions', role: 'test', level: 'error' });
  const database = createDatabase({ url: databaseUrl, applicationName: 'test', log });
  sent = recordStatements(database.pool);
  db = openSessions(database);
});

afterAll(async () => {
  await db.close();
  await owner.end();
  await stack.close();
});

const inHours = (n: number): Date => new Date(Date.now() + n * 3_600_000);
const cursor = { start: inHours(10_000), id: nobody };
const filters: Record<string, Partial<ListSessions['filter']> & { cursor?: typeof cursor }> = {
  'without a filter': {},
  'with a status': { status: 'scheduled' },
  'from a cursor on': { cursor },
  'with status, period and cursor': { status: 'scheduled', from: inHours(1), to: inHours(19_000), cursor },
};
const cases = Object.entries(filters).flatMap(([name, filter]) =>
  (['asc', 'desc'] as const).map((order) => ({ name, order, filter })),
);

test.each(cases)('a list $name, $order, reads a page of the index and no more', async ({ order, filter }) => {
  const { cursor: from = null, ...narrowed } = filter;
  sent.length = 0;
  const { items } = await listSessions(db, actor, { filter: narrowed, page: { order, limit: 20, cursor: from } });
  expect(items).toHaveLength(20);
  const selects = sent.filter(({ text }) => /from "sessions"/.test(text));
  expect(selects).toHaveLength(2);
  for (const { text, values } of selects) {
    const { rows } = await owner.query<Record<'QUERY PLAN', string>>(
      `explain (analyze, timing off, costs off) ${text}`,
      values,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Scan (Backward )?using session_by_(mentor|mentee)/);
    expect(plan).not.toMatch(/Sort|Seq Scan|Bitmap|Rows Removed by Filter: \d{2}/);
  }
});
