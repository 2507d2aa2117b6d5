import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import type pg from 'pg';
import { migrateDown, migrateUp } from '../src/database/migrate.ts';
import { appRole, ownerRole } from '../src/database/roles.ts';
import { schemaCatalogue } from '@mentor-sessions/lab/schema-catalogue';
import { connected } from '@mentor-sessions/lab/plain-sql';

const names = [
  '0001-messaging',
  '0002-sessions',
  '0003-idempotency-keys',
  '0004-operations',
  '0005-reports',
  '0006-retention',
  '0007-inbox-vacuum',
  '0008-outbox-move',
  '0009-outbox-low-water-marks',
  '0010-outbox-bounds',
  '0011-dead-letter-reasons',
  '0012-reconciliation',
  '0013-least-privilege',
];

let stack: TestStack;
let owner: pg.Client;
let url: string;

beforeAll(async () => {
  stack = await createTestStack();
  url = stack.sessions.adminDatabaseUrl;
  owner = await connected(url);
});

afterAll(async () => {
  await owner.end();
  await stack.close();
});

test('up, down, up leaves the same schema', async () => {
  const first = await schemaCatalogue(owner);
  expect(first.length).toBeGreaterThan(100);
  expect(await migrateDown(url, names.length)).toEqual([...names].reverse());
  expect(await migrateUp(url)).toEqual(names);
  expect(await schemaCatalogue(owner)).toEqual(first);
});

test('down takes back as many as it is told, the last one first, and up brings them again', async () => {
  const first = await schemaCatalogue(owner);
  expect(await migrateDown(url, 0)).toEqual([]);
  expect(await migrateDown(url, 1)).toEqual(names.slice(-1));
  expect(await schemaCatalogue(owner)).not.toEqual(first);
  expect(await migrateUp(url)).toEqual(names.slice(-1));
  expect(await schemaCatalogue(owner)).toEqual(first);
});

test('down to the ground leaves nothing but the list of migrations, empty', async () => {
  await migrateDown(url, 99);
  const { rows } = await owner.query(`
    select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
    union all select proname from pg_proc where pronamespace = 'public'::regnamespace`);
  expect(rows).toEqual([{ relname: 'migrations' }]);
  expect((await owner.query('select from migrations')).rowCount).toBe(0);
});

test('two migrators at once: one does the work, the other waits and finds nothing to do', async () => {
  await migrateDown(url, 99);
  await owner.query('drop table migrations');
  const [one, other] = await Promise.all([migrateUp(url), migrateUp(url)]);
  expect([...one, ...other]).toEqual(names);
  expect(await migrateUp(url)).toEqual([]);
});

test('the migrating role owns everything, the application role nothing', async () => {
  const { rows } = await owner.query(`
    select distinct c.relowner::regrole::text as name from pg_class c where relnamespace = 'public'::regnamespace
    union select distinct proowner::regrole::text from pg_proc f where pronamespace = 'public'::regnamespace
      and not exists (select from pg_depend d where d.objid = f.oid and d.deptype = 'e')`);
  expect(rows).toEqual([{ name: ownerRole }]);
  const memberships = `select from pg_auth_members where member = '${appRole}'::regrole`;
  expect((await owner.query(memberships)).rowCount).toBe(0);
});
