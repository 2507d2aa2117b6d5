import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { query } from '@mentor-sessions/local-stack/databases';
import type { Database } from '../src/database.ts';
import { ormPool } from '../src/database.ts';
import { Unavailable } from '../src/errors.ts';
import { openTestDatabase } from './test-database.ts';

let world: Awaited<ReturnType<typeof openTestDatabase>>;
let database: Database;

beforeAll(async () => {
  world = await openTestDatabase();
  database = world.open({ poolMax: 4 });
  await query(world.url, 'create table forbidden (id int)');
  await query(world.url, 'revoke all on forbidden from current_user');
});
afterAll(() => world.close());

type Backend = { readonly pid: number };
const pidsOf = async (count: number): Promise<number[]> => {
  const clients = await Promise.all(Array.from({ length: count }, () => database.pool.connect()));
  const text = 'select pg_backend_pid() as pid';
  const pids = await Promise.all(clients.map(async (client) => (await client.query<Backend>(text)).rows[0]?.pid ?? 0));
  for (const client of clients) client.release();
  return pids;
};

const bad: readonly (readonly [what: string, statement: string, code: string])[] = [
  ['is read-only', "set transaction_read_only = on; insert into things values (7, 'x')", '25006'],
  ['lost its prepared statements', 'execute of_another_client', '26000'],
  ['has statements of another client', 'prepare twice as select 1; prepare twice as select 1', '42P05'],
  ['has a role without privileges', 'select * from forbidden', '42501'],
];

describe('a permanently unusable session leaves the pool, with all older ones', () => {
  test.each(bad)('it %s', async (_, statement, code) => {
    const before = await pidsOf(3);
    await expect(database.query(statement)).rejects.toMatchObject({ code: 'unavailable', cause: { code } });
    await expect(database.query(statement)).rejects.toBeInstanceOf(Unavailable);
    const after = await Promise.all(
      [1, 2, 3].map(() => database.query<Backend>('select pg_backend_pid() as pid, pg_sleep(0.1)')),
    );
    for (const [row] of after) expect(before).not.toContain(row?.pid);
  });

  test('also when used by an ORM', async () => {
    const orm = ormPool(database.pool);
    const client = await orm.connect();
    const pid = 'select pg_backend_pid() as pid';
    const [first] = (await client.query<Backend>(pid, [])).rows;
    await expect(client.query('select * from forbidden', [])).rejects.toHaveProperty('code', '42501');
    client.release();
    const next = await orm.connect();
    const [second] = (await next.query<Backend>(pid, [])).rows;
    next.release();
    expect(second?.pid).not.toBe(first?.pid);
  });
});

test('a statement that violates a constraint keeps its connection', async () => {
  const [before] = await database.query<Backend>('select pg_backend_pid() as pid');
  await database.query("insert into things values (1, 'a')");
  await expect(database.query("insert into things values (1, 'a')")).rejects.toHaveProperty('code', '23505');
  expect(await database.query<Backend>('select pg_backend_pid() as pid')).toEqual([before]);
});
