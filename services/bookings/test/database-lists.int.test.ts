import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import type pg from 'pg';
import { id, mentee, profile } from './legal-writes.ts';
import { connected } from '@mentor-sessions/lab/plain-sql';

let stack: TestStack;
let owner: pg.Client;
let app: pg.Client;

beforeAll(async () => {
  stack = await createTestStack();
  [app, owner] = [await connected(stack.bookings.databaseUrl), await connected(stack.bookings.adminDatabaseUrl)];
  // a busy mentor and a busy mentee: for who has a hundred bookings, fetching and sorting them all is as good
  await app.query(`insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
    select gen_random_uuid(), '${id(1)}',
      case n % 2 when 0 then ${profile} else md5('mentor' || n % 200)::uuid end,
      case n % 3 when 0 then ${mentee} else md5('mentee' || n % 200)::uuid end, start, start + interval '1 hour'
    from generate_series(1, 20000) n, lateral (select date_trunc('hour', now() + interval '1 hour') + n * interval '30 minutes') s (start)`);
  await owner.query('analyze bookings');
});

afterAll(async () => {
  await app.end();
  await owner.end();
  await stack.close();
});

const side = (person: string, filter: string, order: string) =>
  `(select * from bookings where ${person} ${filter} order by start_time ${order}, id ${order} limit 21)`;

const asMentor = `mentor_profile_id = ${profile}`;
const asMentee = `mentee_user_id = ${mentee}`;
const filters = {
  'without a filter': '',
  'with a status': `and status = 'draft'`,
  'from a cursor on': `and (start_time, id) < (now() + interval '1000 hours', '${id(1)}')`,
  'with status, period and cursor': `and status = 'draft' and start_time >= now() and start_time < now() + interval '1 year'
    and (start_time, id) > (now() + interval '1000 hours', '${id(1)}')`,
};
const lists = Object.entries(filters).flatMap(([name, filter]) =>
  ['asc', 'desc'].map((order) => ({ name, filter, order })),
);

const planOf = async (query: string): Promise<string> => {
  const { rows } = await app.query<Record<'QUERY PLAN', string>>(`explain (costs off) ${query}`);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
};

test.each(lists)(
  'a list $name, $order, is read from the index in order: no sort, no scan',
  async ({ filter, order }) => {
    for (const [person, index] of [
      [asMentor, 'booking_by_mentor'],
      [asMentee, 'booking_by_mentee'],
    ] as const) {
      const plan = await planOf(side(person, filter, order));
      expect(plan).toContain(index);
      expect(plan).not.toMatch(/Sort|Seq Scan|Bitmap|Filter/);
    }
  },
);

test('the list of both sides sorts no more than two pages', async () => {
  const both = `${side(asMentor, '', 'desc')} union all ${side(asMentee, `and not ${asMentor}`, 'desc')}`;
  const plan = await planOf(`select * from (${both}) page order by start_time desc, id desc limit 21`);
  expect(plan.match(/Index Scan Backward using booking_by_ment/g)).toHaveLength(2);
  expect(plan).not.toMatch(/Seq Scan|Bitmap/);
});
