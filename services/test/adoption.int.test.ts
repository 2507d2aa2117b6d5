import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, testBacking, type TestStack } from '@mentor-sessions/lab/test-stack';
import {
  createDatabase,
  databaseName,
  dropDatabases,
  type ServiceDatabase,
} from '@mentor-sessions/local-stack/databases';
import { loadMigrations } from '@mentor-sessions/local-stack/databases';
import { schemaCatalogue } from '@mentor-sessions/service-kit/schema-catalogue';
import type pg from 'pg';

type LegalWrites = { readonly legalWrites: readonly { readonly sql: string }[] };

const messages = `
insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope) select
  gen_random_uuid(), gen_random_uuid(), 1, 'some.event', n, '{"n": 1}' from generate_series(0, 4) as n;
update outbox set parked_at = now(), attempts = 1 where lane = 2;
delete from outbox where lane = 4;
insert into inbox (message_id, queue, content_hash) values (gen_random_uuid(), 'some.queue', sha256('content'));
insert into dead_letters (id, reason, queue, exchange, routing_key, body, properties, headers, attempts, fingerprint)
  values (gen_random_uuid(), 'malformed', 'some.queue', 'an.exchange', 'some.event', 'body', '{}', '{}', 1, 'fingerprint');
insert into operator_actions (operator, action, reason, subject) values ('Ada', 'outbox drop', 'tidying',
  '{"messages": [{"id": "e1", "type": "some.event", "subject": "a1", "sequence": 2, "data": {"notes": "private"}}]}');
select outbox_published_make_partitions(2)`;

const tables = `select relname as name from pg_class where relnamespace = 'public'::regnamespace
  and relkind in ('r', 'p') and not relispartition and relname <> 'migrations' order by 1`;
/** Tables that the migrations fill, or whose rows they rewrite. */
const changed = ['operator_actions', 'emissions', 'booking_bounds', 'timers', 'timer_events'];
const rowsOf = async (owner: pg.Client): Promise<unknown[]> => {
  const { rows } = await owner.query<{ name: string }>(tables);
  const each = rows
    .filter(({ name }) => !changed.includes(name))
    .map(({ name }) => `select '${name}' as name, to_jsonb(t) - '{retry_at,checked_at}'::text[] as row from ${name} t`);
  return (await owner.query(`${each.join(' union all ')} order by 1, 2`)).rows;
};
const sequences = `select sequencename, last_value from pg_sequences
  where sequencename not in ('migrations_id_seq', 'emissions_id_seq') order by 1`;

const refusal = /neither empty, nor made by these migrations, nor exactly that of commit d11bd75: run them on an empty/;

const services = [
  { service: 'bookings', later: ['0002-booking-bounds', '0003-long-bookings', '0004-timers'] },
  { service: 'sessions', later: ['0002-long-sessions', '0003-timers'] },
] as const;

describe.each(services)('a database of $service', ({ service, later }) => {
  let stack: TestStack;
  let database: ServiceDatabase;
  let owner: pg.Client;
  let migrateUp: () => Promise<string[]>;
  const executed = async () => (await owner.query('select name from migrations order by id')).rows;

  beforeAll(async () => {
    const migrations = await loadMigrations(service);
    migrateUp = () => migrations.migrateUp(database.adminDatabaseUrl);
    stack = await createTestStack();
    database = await createDatabase(testBacking().postgres.adminUrl, service);
    owner = await connected(database.adminDatabaseUrl);
  });
  afterAll(async () => {
    await owner.end();
    await dropDatabases(testBacking().postgres.adminUrl, [databaseName(database.databaseUrl)]);
    await stack.close();
  });

  test('with a table that no migration made is refused', async () => {
    await owner.query('create table something (id integer)');
    await expect(migrateUp()).rejects.toThrow(refusal);
    await owner.query('drop table something');
  });

  test('that differs from commit d11bd75 in its schema or in its list of migrations is refused, and stays as it is', async () => {
    await owner.query(readFileSync(new URL(`d11bd75/${service}.sql`, import.meta.url), 'utf8'));
    const before = [await schemaCatalogue(owner), await executed()];

    await owner.query('alter table outbox add column extra text');
    await expect(migrateUp()).rejects.toThrow(refusal);
    await owner.query('alter table outbox drop column extra');
    await owner.query(`insert into migrations (name) values ('0011-outbox-bounds')`);
    await expect(migrateUp()).rejects.toThrow(refusal);
    await owner.query(`delete from migrations where name = '0011-outbox-bounds'`);

    expect([await schemaCatalogue(owner), await executed()]).toEqual(before);
  });

  test.each([
    ['another default', 'alter table inbox alter column handled_at set default now()'],
    ['another type', 'alter table inbox alter column queue type varchar'],
    ['a constraint less', 'alter table dead_letters drop constraint dead_letter_resolution_is_known'],
    ['a trigger that is off', `alter table ${service} disable trigger user`],
    ['an index less', 'drop index outbox_parked'],
    ['another body', `create or replace function outbox_life() returns text language sql as $$ select 'x' $$`],
    ['another setting', 'alter function outbox_life() set work_mem = 64'],
    ['a privilege more', `grant delete on inbox to ${service}_app`],
    ['a privilege less', `revoke insert on inbox from ${service}_app`],
    ['a privilege more on a column', `grant update (reason) on dead_letters to ${service}_app`],
    ['a privilege more on a function', 'grant execute on function outbox_life() to public'],
    ['a privilege more on the schema', `grant create on schema public to ${service}_app`],
    ['an option of storage', 'alter table outbox set (fillfactor = 70)'],
    ['row security', 'alter table outbox enable row level security'],
    ['another sequence', 'alter sequence outbox_position_seq increment by 2'],
  ])('has another catalogue with %s', async (_, sql) => {
    const before = await schemaCatalogue(owner);
    await owner.query('begin');
    await owner.query(sql);
    expect(await schemaCatalogue(owner)).not.toEqual(before);
    await owner.query('rollback');
  });

  test('of commit d11bd75 gets the schema of the baseline, and keeps its rows and sequences', async () => {
    const { legalWrites } = (await import(`../${service}/test/legal-writes.ts`)) as LegalWrites;
    const app = await connected(database.databaseUrl);
    for (const { sql } of legalWrites) await app.query(sql);
    await app.end();
    await owner.query(messages);
    const before = { rows: await rowsOf(owner), sequences: (await owner.query(sequences)).rows };
    expect(before.rows.length).toBeGreaterThan(15);

    expect(await migrateUp()).toEqual(['0001-baseline', ...later]);

    const migrated = await connected(stack[service].adminDatabaseUrl);
    expect(await schemaCatalogue(owner)).toEqual(await schemaCatalogue(migrated));
    await migrated.end();
    expect({ rows: await rowsOf(owner), sequences: (await owner.query(sequences)).rows }).toEqual(before);
    expect((await owner.query('select subject from operator_actions')).rows).toEqual([
      { subject: { messages: [{ id: 'e1', type: 'some.event', aggregate: 'a1', sequence: 2 }] } },
    ]);
    expect(await executed()).toEqual(['0001-baseline', ...later].map((name) => ({ name })));
    expect(await migrateUp()).toEqual([]);
  });
});
