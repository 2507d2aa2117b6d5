import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { databaseName, dropDatabases, query } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { requirementIn } from '../src/database/errors.ts';
import { sessionOf } from '../src/database/session.ts';
import { Unavailable } from '../src/errors.ts';
import { createMigrations } from '../src/migrations.ts';
import { openTestDatabase } from './test-database.ts';

let world: Awaited<ReturnType<typeof openTestDatabase>>;

beforeAll(async () => {
  world = await openTestDatabase();
});
afterAll(() => world.close());

/** As a DBA would; seen by every connection that is opened from now on. */
const withSetting = async <T>(name: string, value: string, work: () => Promise<T>): Promise<T> => {
  const database = databaseName(world.url);
  await query(world.adminUrl, `alter database ${database} set ${name} = ${value}`);
  try {
    return await work();
  } finally {
    await query(world.adminUrl, `alter database ${database} reset ${name}`);
  }
};

const settings: readonly (readonly [name: string, value: string, inForce: string])[] = [
  ['datestyle', `'SQL, MDY'`, 'ISO, MDY'],
  ['datestyle', `'German'`, 'ISO, MDY'],
  ['intervalstyle', 'iso_8601', 'postgres'],
  ['timezone', `'America/New_York'`, 'UTC'],
  ['client_encoding', 'LATIN1', 'UTF8'],
  ['search_path', 'app', 'public, pg_temp'],
  ['default_transaction_isolation', 'serializable', 'read committed'],
  ['default_transaction_deferrable', 'on', 'off'],
  ['statement_timeout', '1', '5s'],
  ['lock_timeout', '0', '3s'],
  ['idle_in_transaction_session_timeout', '0', '10s'],
  ['idle_session_timeout', `'1s'`, '0'],
  ['bytea_output', 'escape', 'hex'],
  ['extra_float_digits', '-10', '1'],
  ['standard_conforming_strings', 'off', 'on'],
  ['transform_null_equals', 'on', 'off'],
  ['array_nulls', 'off', 'on'],
  ['exit_on_error', 'on', 'off'],
  ['row_security', 'off', 'on'],
  ['plan_cache_mode', 'force_custom_plan', 'auto'],
  ['enable_indexscan', 'off', 'on'],
  ['enable_nestloop', 'off', 'on'],
  ['join_collapse_limit', '1', '8'],
  ['jit', 'on', 'off'],
  ['synchronous_commit', 'off', 'on'],
  ['synchronous_commit', 'local', 'on'],
  ['synchronous_commit', 'remote_write', 'on'],
  ['synchronous_commit', 'remote_apply', 'remote_apply'],
];

test.each(settings)('a database with %s = %s: %s is in force', async (name, value, inForce) => {
  await withSetting(name, value, async () => {
    const rows = await world.open().query<{ setting: string }>(`select current_setting('${name}') as setting`);
    expect(rows).toEqual([{ setting: inForce }]);
  });
});

test('a session knows its backend: process id and start', async () => {
  const database = world.open({ poolMax: 1 });
  const [seen] = await database.query<{ pid: number; start: string }>(
    `select pid, to_char(backend_start, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as start
       from pg_stat_activity where pid = pg_backend_pid()`,
  );
  const client = await database.pool.connect();
  expect(sessionOf(client)).toMatchObject({ pid: seen?.pid, backendStart: seen?.start });
  client.release();
});

describe('a session is refused with a sentence that says what to change', () => {
  const refusal = async (): Promise<unknown> => {
    const error: unknown = await world
      .open()
      .query('select 1')
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Unavailable);
    return requirementIn(error);
  };

  test('by a fenced database, until the fence is removed', async () => {
    const database = world.open();
    await withSetting('default_transaction_read_only', 'on', async () => {
      await expect(database.query('select 1')).rejects.toBeInstanceOf(Unavailable);
      expect(await refusal()).toMatch(/default_transaction_read_only is on.*reset it/);
      await expect(world.open({ mayBeReadOnly: true }).query('select 1 as one')).resolves.toEqual([{ one: 1 }]);
    });
    await eventually(() => database.query('select 1 as one'));
  });

  test('by a database with another encoding, by a role and by migrations', async () => {
    const name = `kit_ascii_${process.pid}`;
    const owner = new URL(world.url).username;
    await query(
      world.adminUrl,
      `create database ${name} owner ${owner} template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'`,
    );
    const url = Object.assign(new URL(world.url), { pathname: `/${name}` }).href;
    const sentence = /encoding is SQL_ASCII: create it again with ENCODING 'UTF8'/;
    const error: unknown = await world
      .open({ url })
      .query('select 1')
      .catch((caught: unknown) => caught);
    expect(requirementIn(error)).toMatch(sentence);
    const { migrateUp } = createMigrations(new URL('./', import.meta.url));
    await expect(migrateUp(url)).rejects.toThrow(sentence);
    await dropDatabases(world.adminUrl, [name]);
  });

  test('by a database whose triggers are switched off', async () => {
    await withSetting('session_replication_role', 'replica', async () => {
      expect(await refusal()).toMatch(/session_replication_role is replica.*reset it/);
    });
  });
});
