import { globSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { repository } from '@mentor-sessions/local-stack/launch';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { openRows, type Rows } from '@mentor-sessions/lab/rows';
import { fill, tables } from './backlog.ts';
import { costsOfLooking, scraped, tooDear } from './statements.ts';

let stack: TestStack;
let rows: Readonly<Record<'bookings' | 'sessions', Rows>>;

/** F55 does the same with a million. */
const waiting = 50_000;

beforeAll(async () => {
  stack = await createTestStack();
  rows = {
    bookings: openRows(stack.bookings.adminDatabaseUrl),
    sessions: openRows(stack.sessions.adminDatabaseUrl),
  };
  await fill(rows, { waiting, sessions: waiting });
}, 600_000);

afterAll(async () => {
  await Promise.all(Object.values(rows).map((one) => one.close()));
  await stack.close();
});

test('every gauge that queries a database is measured here', () => {
  const files = globSync('{libs/messaging/src/*,services/*/src/database}/*metrics.ts', { cwd: repository });
  expect(files.filter((file) => !file.endsWith('broker-metrics.ts')).toSorted()).toEqual(scraped.toSorted());
});

test('overdue sessions and expired drafts are counted up to 500 of each, from the oldest of the last 24 hours', async () => {
  const seen = await Promise.all(
    Object.values(rows).map((one) => one.query('select kind, count, oldest_age_seconds as age from overdue()')),
  );
  const day = expect.closeTo(23 * 3_600, -3.5);
  expect(seen.flat()).toEqual(['draft', 'start', 'completion'].map((kind) => ({ kind, count: 500, age: day })));
});

test('in a backlog every statement reads little, before and after analyze', async () => {
  for (const analyzed of [false, true]) {
    if (analyzed)
      for (const service of ['bookings', 'sessions'] as const)
        for (const table of tables[service]) await rows[service].query(`analyze ${table}`);
    const costs = await costsOfLooking(stack);
    expect(costs.length).toBeGreaterThan(40);
    expect(tooDear(costs)).toEqual([]);
    expect(costs.filter(({ text }) => text.includes('overdue()'))).toHaveLength(8); // gauges and status, custom and generic
  }
}, 300_000);
