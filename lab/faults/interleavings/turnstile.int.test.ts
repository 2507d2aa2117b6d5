import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { query } from '@mentor-sessions/local-stack/databases';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import type { Database } from '@mentor-sessions/service-kit/database';
import { openLockWatch } from './blocked.ts';
import { openDatabase } from './connection.ts';
import { enumerate, ordersOf } from './enumerate.ts';
import { explore, type Scenario } from './explore.ts';
import { announceArrival, interleave, newArrivals, type Act } from './interleave.ts';
import { answerOf } from './outcome.ts';
import { createTurnstile } from './turnstile.ts';

let stack: TestStack;
let url: string;
beforeAll(async () => {
  stack = await createTestStack();
  url = stack.bookings.adminDatabaseUrl;
  await query(url, 'create table things (id integer primary key, value integer not null)');
});
afterAll(() => stack.close());

const reset = (database: Database) =>
  database.query(`with gone as (delete from things where id > 2)
    insert into things values (1, 0), (2, 0) on conflict (id) do update set value = 0`);

const scenario =
  (acts: Readonly<Record<string, Act>>): Scenario =>
  async (database) => {
    await reset(database);
    return { acts, names: {}, rows: () => database.query('select * from things order by id') };
  };

const reads =
  (count: number): Act =>
  async ({ database }) => {
    for (let n = 0; n < count; n += 1) await database.query('select 1');
  };

const add =
  (...ids: readonly number[]): Act =>
  ({ database }) =>
    database.transaction(async (tx) => {
      for (const id of ids) await tx.query('update things set value = value + 1 where id = $1', [id]);
    });

const readThenWrite: Act = ({ database }) =>
  database.transaction(async (tx) => {
    const [row] = await tx.query<{ value: number }>('select value from things where id = 1');
    await tx.query('update things set value = $1 where id = 1', [(row?.value ?? 0) + 1]);
  });

test('independent actors run in every order: as many as there are ways to merge their steps', async () => {
  expect(await explore(url, scenario({ a: reads(3), b: reads(2) }))).toMatchObject({ interleavings: 10, unlawful: [] });
  const three = await explore(url, scenario({ a: reads(2), b: reads(2), c: reads(2) }));
  expect(three).toMatchObject({ interleavings: 90, withLockWaits: 0, unlawful: [] });
});

test('an actor that waits for a lock is not scheduled until it is released', async () => {
  const { interleavings, withLockWaits, unlawful } = await explore(url, scenario({ a: add(1), b: add(1) }));
  expect({ interleavings, withLockWaits, unlawful }).toEqual({ interleavings: 4, withLockWaits: 2, unlawful: [] });
});

test('a lost update is found, and reported with the steps that lead to it', async () => {
  const { unlawful } = await explore(url, scenario({ a: readThenWrite, b: readThenWrite }));
  expect(unlawful.length).toBeGreaterThan(0);
  for (const { steps, outcome } of unlawful) {
    expect(steps).toHaveLength(6);
    expect(outcome.rows).toEqual([expect.objectContaining({ id: 1, value: 1 }), { id: 2, value: 0 }]);
  }
});

test('the victim of a deadlock is retried, and both succeed', async () => {
  const locks = openLockWatch(url);
  const database = openDatabase(url);
  const arrivals = newArrivals();
  const onArrival = () => announceArrival(arrivals);
  const turnstiles = [await createTurnstile({ url, onArrival }), await createTurnstile({ url, onArrival })];
  await reset(database);
  const acts = { a: add(1, 2), b: add(2, 1) };
  const order = ['a', 'b', 'a', 'b']; // each holds one row and waits for the other
  const race = { acts, turnstiles, arrivals, locks, toAnswer: answerOf };
  const { answers, steps } = await interleave(race, (enabled) => order.shift() ?? enabled[0] ?? '');
  expect(Object.values(answers).map(({ said }) => said)).toEqual(['ok', 'ok']);
  expect(steps.filter((step) => /rollback/.test(step))).toHaveLength(1);
  expect(await database.query('select value from things order by id')).toEqual([{ value: 2 }, { value: 2 }]);
  await Promise.all([locks, database, ...turnstiles].map(({ close }) => close()));
});

test('every sequence of choices is run once', async () => {
  const seen: string[] = [];
  const runs = await enumerate(async (choose) => {
    const left = { a: 2, b: 1, c: 1 };
    const names = () => (Object.keys(left) as (keyof typeof left)[]).filter((name) => left[name] > 0);
    let path = '';
    while (names().length > 0) {
      const chosen = choose(names()) as keyof typeof left;
      left[chosen] -= 1;
      path += chosen;
    }
    seen.push(path);
  });
  expect(runs).toBe(12);
  expect(new Set(seen).size).toBe(12);
  expect(ordersOf(['a', 'b', 'c'])).toHaveLength(6);
});
