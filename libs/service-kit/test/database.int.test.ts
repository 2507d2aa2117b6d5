import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { isStatement } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { constraintOf, isUnavailable, type Database } from '../src/database.ts';
import { Unavailable } from '../src/errors.ts';
import { openTestDatabase } from './test-database.ts';

let world: Awaited<ReturnType<typeof openTestDatabase>>;
let database: Database;

beforeAll(async () => {
  world = await openTestDatabase();
  database = world.open({ poolMax: 1, connectTimeoutMs: 300, statementTimeoutMs: 300 });
});
beforeEach(() => database.query('delete from things'));
afterAll(() => world.close());

const backend = async (of: Database) => (await of.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid;

test('a plan from an empty table is made again when the connection is a second old', async () => {
  const one = world.open({ poolMax: 1 });
  const plan = async () => {
    const rows = await one.query<{ 'QUERY PLAN': string }>('explain execute find_wide(1)');
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  await one.query('create table wide (id int, name text, primary key (id)) with (autovacuum_enabled = off)');
  await one.query('vacuum analyze wide');
  await one.query('set plan_cache_mode = force_generic_plan');
  await one.query('set enable_seqscan = on');
  await one.query('prepare find_wide as select name from wide where id = $1');
  expect(await plan()).toContain('Seq Scan');
  await one.query(`insert into wide select n, 'name' from generate_series(1, 10000) n`);
  await eventually(async () => (await plan()).includes('wide_pkey'), { within: 10_000 });
});

describe('a statement', () => {
  test('that violates a constraint has its name and SQLSTATE, and keeps the connection in the pool', async () => {
    const before = await backend(database);
    const insert = { name: 'insert_thing', text: 'insert into things values ($1, $2)' };
    await database.query(insert, [1, 'a']);
    const error: unknown = await database.query(insert, [1, 'a']).catch((caught: unknown) => caught);
    expect(constraintOf(error)).toBe('things_pkey');
    expect(error).toHaveProperty('code', '23505');
    expect(isUnavailable(error)).toBe(false);
    expect(await backend(database)).toBe(before);
  });

  test('that takes too long is a failure of the database, and keeps the connection in the pool', async () => {
    const before = await backend(database);
    await expect(database.query('select pg_sleep(5)')).rejects.toMatchObject({
      code: 'unavailable',
      cause: { code: '57014' },
    });
    expect(await backend(database)).toBe(before);
  });

  test('whose connection is terminated by an administrator is a failure of the database, and the next one gets another connection', async () => {
    const before = await backend(database);
    await expect(database.query('select pg_terminate_backend(pg_backend_pid())')).rejects.toBeInstanceOf(Unavailable);
    expect(await backend(database)).not.toBe(before);
  });

  test('that was prepared before a migration changed its result is prepared again', async () => {
    const all = { name: 'all_things', text: 'select * from things' };
    await database.query(all);
    await database.query('alter table things add column colour text');
    await expect(database.query(all)).resolves.toEqual([]);
    await database.query('alter table things drop column colour');
  });

  test('reads a date as text and a timestamptz as a Date', async () => {
    const rows = await database.query(`select date '2026-03-29' as day, timestamptz '2026-03-29 01:00Z' as moment`);
    expect(rows).toEqual([{ day: '2026-03-29', moment: new Date('2026-03-29T01:00:00Z') }]);
  });
});

describe('a connection', () => {
  test('is waited for no longer than the timeout when all are in use', async () => {
    await database.transaction(async (tx) => {
      await tx.query('select 1');
      await expect(database.query('select 1')).rejects.toBeInstanceOf(Unavailable);
    });
  });

  test('that is refused is a failure of the database', async () => {
    const nowhere = world.open({ url: 'postgres://nobody@127.0.0.1:1/nothing' });
    await expect(nowhere.query('select 1')).rejects.toMatchObject({
      code: 'unavailable',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  test('that is silent fails after the query timeout, and closing does not wait for it', async () => {
    const fragile = world.openThroughProxy({ poolMax: 1, queryTimeoutMs: 200 });
    world.proxy.cutBefore(isStatement('select 42'), { silent: true });
    await expect(fragile.query('select 42')).rejects.toBeInstanceOf(Unavailable);
    await expect(fragile.query('select 1 as one')).resolves.toEqual([{ one: 1 }]);
    const startedAt = performance.now();
    await fragile.close();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
