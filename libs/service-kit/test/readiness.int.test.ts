import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { databaseName, query } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { createDatabaseCheck, type Database, type Needs } from '../src/database.ts';
import { openTestDatabase } from './test-database.ts';

let world: Awaited<ReturnType<typeof openTestDatabase>>;
let database: Database;
let name: string;

beforeAll(async () => {
  world = await openTestDatabase();
  name = databaseName(world.url);
});
beforeEach(() => {
  database = world.open();
});
afterEach(() => database.close());
afterAll(() => world.close());

const asAdministrator = (sql: string) => query(Object.assign(new URL(world.adminUrl), { pathname: name }).href, sql);
const privileges: Needs['privileges'] = [
  'select on things',
  'insert on things',
  'update on things',
  'delete on things',
];
const answer = (needs: Partial<Needs> = {}) =>
  createDatabaseCheck(database, { privileges, mayLoseCommits: true, ...needs })();

test('a database in which the role can do its work is ready', async () => {
  expect(await answer()).toBe(true);
});

describe('not ready, with a sentence that says what to change', () => {
  test('without a table or a function', async () => {
    expect(await answer({ privileges: ['insert on nothing', 'execute on nowhere'] })).toBe(
      'missing in schema public: nothing, nowhere; run the migrations of this version',
    );
  });

  test('without a privilege, until it is granted', async () => {
    await asAdministrator(`revoke insert, delete on things from kit_owner`);
    expect(await answer()).toMatch(/^this login lacks insert on things, delete on things; grant it/);
    await asAdministrator(`grant insert, delete on things to kit_owner`);
    expect(await answer()).toBe(true);
  });

  test('without the right to confirm what a standby has, until it is granted', async () => {
    const found = await asAdministrator(
      `select string_agg(oid::regprocedure::text, ', ') as all from pg_proc where proname = 'pg_logical_emit_message'`,
    );
    const emit = `function ${String(found[0]?.['all'])}`; // its parameters depend on PostgreSQL
    await asAdministrator(`revoke execute on ${emit} from public`);
    expect(await answer()).toMatch(/^this login may not execute pg_logical_emit_message/);
    await asAdministrator(`grant execute on ${emit} to public`);
    expect(await answer()).toBe(true);
  });

  test('in another role than its own', async () => {
    await asAdministrator('create role kit_stranger; grant kit_stranger to kit_owner');
    await asAdministrator(`alter role kit_owner in database ${name} set role = 'kit_stranger'`);
    database = world.open();
    expect(await answer()).toMatch(/missing in schema public: things|this login lacks/);
    await asAdministrator(`alter role kit_owner in database ${name} reset role`);
    expect(await answer()).toBe(true);
    await asAdministrator('drop role kit_stranger');
  });

  test('with an unlogged table', async () => {
    await asAdministrator('alter table things set unlogged');
    expect(await answer()).toMatch(/unlogged, so emptied by a crash: things; run alter table/);
    await asAdministrator('alter table things set logged');
  });

  test('with a partitioned table that takes no rows today', async () => {
    await asAdministrator('create table days (day date) partition by range (day)');
    expect(await answer({ dailyTables: ['days'] })).toMatch(/no partition of days takes today's rows/);
    await asAdministrator('create table days_default partition of days default');
    expect(await answer({ dailyTables: ['days'] })).toBe(true);
    await asAdministrator('drop table days');
  });

  test('on a server without fsync, unless that is allowed', async () => {
    const [{ setting } = { setting: '' }] = await query<{ setting: string }>(world.adminUrl, `show fsync`).then(
      (rows) => rows.map((row) => ({ setting: (row as unknown as { fsync: string }).fsync })),
    );
    const sentence = await answer({ mayLoseCommits: false });
    expect(sentence).toEqual(
      setting === 'off' ? expect.stringMatching(/fsync .*off in PostgreSQL: a crash loses/) : true,
    );
  });

  test('in a fenced database, at once and until the fence is removed', async () => {
    const check = createDatabaseCheck(database, { privileges, mayLoseCommits: true });
    expect(await check()).toBe(true);
    await query(world.adminUrl, `alter database ${name} set default_transaction_read_only = on`);
    await asAdministrator(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
    );
    await eventually(async () => String(await check()).includes('default_transaction_read_only is on'));
    await query(world.adminUrl, `alter database ${name} reset default_transaction_read_only`);
    await eventually(async () => (await check()) === true);
  });
});
