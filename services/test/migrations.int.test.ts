import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { databaseName, loadMigrations, query, type Migrations } from '@mentor-sessions/local-stack/databases';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, testBacking, type TestStack } from '@mentor-sessions/lab/test-stack';
import { schemaCatalogue } from '@mentor-sessions/service-kit/schema-catalogue';
import type pg from 'pg';
import { technicalReasons } from '../../libs/messaging/src/inbox/dead-letter-reasons.ts';

const services = [
  { service: 'bookings', names: ['0001-baseline', '0002-booking-bounds', '0003-long-bookings', '0004-timers'] },
  { service: 'sessions', names: ['0001-baseline', '0002-long-sessions', '0003-timers'] },
] as const;

describe.each(services)('migrations of $service', ({ service, names }) => {
  let stack: TestStack;
  let owner: pg.Client;
  let url: string;
  let migrateUp: Migrations['migrateUp'];
  let migrateDown: Migrations['migrateDown'];

  beforeAll(async () => {
    ({ migrateUp, migrateDown } = await loadMigrations(service));
    stack = await createTestStack();
    url = stack[service].adminDatabaseUrl;
    owner = await connected(url);
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    await owner.end();
    await stack.close();
  });

  test('up, down, up leaves the same schema', async () => {
    const first = await schemaCatalogue(owner);
    expect(first.length).toBeGreaterThan(400);
    expect(await migrateDown(url, names.length)).toEqual(names.toReversed());
    expect(await migrateUp(url)).toEqual(names);
    expect(await schemaCatalogue(owner)).toEqual(first);
  });

  test('down takes back as many as requested, the last one first, and up applies them again', async () => {
    const first = await schemaCatalogue(owner);
    expect(await migrateDown(url, 0)).toEqual([]);
    expect(await migrateDown(url, 1)).toEqual(names.slice(-1));
    expect(await schemaCatalogue(owner)).not.toEqual(first);
    expect(await migrateUp(url)).toEqual(names.slice(-1));
    expect(await schemaCatalogue(owner)).toEqual(first);
  });

  test('the first migration is taken back while a table holds rows only with dropData', async () => {
    const first = await schemaCatalogue(owner);
    await owner.query(`insert into inbox (message_id, queue, content_hash) values (gen_random_uuid(), 'a', 'b')`);
    await expect(migrateDown(url, 99)).rejects.toThrow(/drop rows of inbox: back up.*--drop-data/);
    expect(await schemaCatalogue(owner)).toEqual(first);
    expect((await owner.query('select from inbox')).rowCount).toBe(1);
    expect(await migrateDown(url, 99, { dropData: true })).toEqual(names.toReversed());
    await migrateUp(url);
  });

  test('taking back all migrations leaves only the empty list of migrations', async () => {
    await migrateDown(url, 99);
    const { rows } = await owner.query(`
      select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
      union all select proname from pg_proc where pronamespace = 'public'::regnamespace`);
    expect(rows).toEqual([{ relname: 'migrations' }]);
    expect((await owner.query('select from migrations')).rowCount).toBe(0);
  });

  test('of two migrators at once, one does the work, the other waits and finds nothing to do', async () => {
    await migrateDown(url, 99);
    await owner.query('drop table migrations');
    const [one, other] = await Promise.all([migrateUp(url), migrateUp(url)]);
    expect([...one, ...other]).toEqual(names);
    expect(await migrateUp(url)).toEqual([]);
  });

  test('a migration that waits for a table gives up, lets requests through, and tries again', async () => {
    const waiting = `select from pg_locks join pg_stat_activity using (pid)
      where not granted and relation = 'inbox'::regclass and datname = current_database()`;
    const waits = async () => (await owner.query(waiting)).rowCount;
    const reader = await connected(url);
    try {
      await reader.query('begin; lock table inbox in access share mode');
      const down = migrateDown(url, names.length);
      await eventually(async () => (await waits()) === 1, { describe: 'the migration waits' });
      await eventually(async () => (await waits()) === 0, {
        describe: 'it has given up, though the reader is still there',
      });
      await reader.query('select from inbox limit 1');
      await reader.query('commit');
      expect(await down).toEqual(names.toReversed());
      await migrateUp(url);
    } finally {
      await reader.end();
    }
  }, 30_000);

  test('the URL is read as the services read it: a lone % in the password, the database from PGDATABASE', async () => {
    const { adminUrl } = testBacking().postgres;
    const role = `${service}_migrator`;
    await query(adminUrl, `create role ${role} login password '100%zz' in role ${service}_owner`);
    try {
      jest.replaceProperty(process, 'env', { PGDATABASE: databaseName(url) });
      const login = { username: role, password: '100%zz', pathname: '' };
      expect(await migrateUp(Object.assign(new URL(url), login).href)).toEqual([]);
    } finally {
      await query(adminUrl, `drop role ${role}`);
    }
  });

  test('a dead letter may have every reason of the library', async () => {
    const constraint = `select pg_get_constraintdef(oid) as rule from pg_constraint where conname = 'dead_letter_reason_is_known'`;
    const { rows } = await owner.query<{ rule: string }>(constraint);
    for (const reason of technicalReasons) expect(rows[0]?.rule).toContain(`'${reason}'::text`);
  });

  test('the migrating role owns everything, the application role nothing', async () => {
    const { rows } = await owner.query(`
      select distinct c.relowner::regrole::text as name from pg_class c where relnamespace = 'public'::regnamespace
      union select distinct proowner::regrole::text from pg_proc f where pronamespace = 'public'::regnamespace
        and not exists (select from pg_depend d where d.objid = f.oid and d.deptype = 'e')`);
    expect(rows).toEqual([{ name: `${service}_owner` }]);
    const memberships = `select from pg_auth_members where member = '${service}_app'::regrole`;
    expect((await owner.query(memberships)).rowCount).toBe(0);
  });
});
