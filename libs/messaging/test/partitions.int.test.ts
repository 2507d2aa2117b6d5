import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type pg from 'pg';
import { answerTo, connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';

let stack: TestStack;
let app: pg.Client;
let owner: pg.Client;
let retention: pg.Client;

beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl, adminDatabaseUrl, retentionDatabaseUrl } = stack.sessions;
  app = await connected(databaseUrl);
  owner = await connected(adminDatabaseUrl);
  retention = await connected(retentionDatabaseUrl);
  await owner.query("set timezone = 'UTC'");
});
afterAll(async () => {
  await Promise.all([app, owner, retention].map((client) => client?.end()));
  await stack.close();
});

const bounds = `select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
  from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'outbox_published'::regclass order by 1`;
const partitions = async (): Promise<Map<string, string>> =>
  new Map((await owner.query<{ name: string; bounds: string }>(bounds)).rows.map((row) => [row.name, row.bounds]));
const inserted = `insert into outbox_published
  (position, message_id, aggregate_id, sequence, type, lane, envelope, created_at, published_at)
  values (1, $1, $1, 1, 't', 0, '{}', $2, $2)`;
const isThere = async (id: string): Promise<boolean> =>
  (await owner.query('select from outbox_published where message_id = $1', [id])).rowCount === 1;

test('the application creates the partitions of the coming days, whatever its settings', async () => {
  for (const settings of [`'German, MDY'`, `'SQL, DMY'`, `'ISO, YMD'`]) {
    await owner.query('select outbox_published_drop_days($1, $2)', ['2099-01-01', '1 day']);
    await app.query(`set datestyle = ${settings}; set timezone = 'Asia/Kathmandu'`);
    await app.query('select outbox_published_make_partitions(3)');
    const [{ today }] = (await owner.query("select (now() at time zone 'UTC')::date::text as today")).rows;
    const day = (n: number): string => new Date(Date.parse(today) + n * 86_400_000).toISOString().slice(0, 10);
    const wanted = [0, 1, 2, 3].map((n) => [
      `outbox_published_${day(n).replaceAll('-', '')}`,
      `FOR VALUES FROM ('${day(n)} 00:00:00+00') TO ('${day(n + 1)} 00:00:00+00')`,
    ]);
    expect([...(await partitions())].filter(([name]) => name !== 'outbox_published_default')).toEqual(wanted);
  }
});

test('the application chooses neither the day, nor more than a month, nor the table of the partitions', async () => {
  for (const sql of [
    `select outbox_published_make_partitions(0, '2027-01-03')`,
    `select outbox_published_make_partitions_from('2027-01-03', 0)`,
    `create table mine partition of outbox_published for values from ('2027-01-03') to ('2027-01-04')`,
  ])
    expect(await answerTo(app, sql)).toMatch(/^(42501|42883)/);
  await app.query('select outbox_published_make_partitions(1000000)');
  expect((await partitions()).size).toBe(33); // today, 31 more, and the default one
});

test('the bounds of a partition decide when it is dropped, not its name', async () => {
  const [young, old] = [randomUUID(), randomUUID()];
  await owner.query(`create table outbox_published_20270103 partition of outbox_published
    for values from ('2027-03-01') to ('2027-04-01')`);
  await owner.query(`create table outbox_published_archive partition of outbox_published
    for values from ('2020-03-01') to ('2020-04-01')`);
  await owner.query(inserted, [young, '2027-03-05T10:00:00Z']);
  await owner.query(inserted, [old, '2020-03-05T10:00:00Z']);
  await owner.query(`select outbox_published_make_partitions_from('2027-03-05', 1)`); // overlaps: left as it is
  await retention.query(`set datestyle = 'German, MDY'; set timezone = 'America/St_Johns'`);
  await retention.query(`select outbox_published_drop_days('2027-03-06T12:00:00Z', '30 days')`);
  expect([await isThere(young), await isThere(old)]).toEqual([true, false]);
  expect([...(await partitions()).keys()]).toContain('outbox_published_20270103');
  await retention.query(`select outbox_published_drop_days('2027-05-01T00:00:00Z', '30 days')`);
  expect(await isThere(young)).toBe(false);
});
