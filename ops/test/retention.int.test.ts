import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { answerTo, connected } from '@mentor-sessions/lab/plain-sql';
import { createWorld, type World } from '../../lab/e2e/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
}, 60_000);
afterAll(() => world.close(), 60_000);

const services = ['bookings', 'sessions'] as const;
const PER_DAY = 200;
const KEEP_DAYS = 7;

const published = `insert into outbox_published
  select n, gen_random_uuid(), gen_random_uuid(), 1, 't', 0, '{}', at, at from generate_series(1, $2::integer) n, (select $1::timestamptz as at) d`;
const inbox = `insert into inbox select gen_random_uuid(), 'q', '\\x00', $1::timestamptz from generate_series(1, $2::integer)`;
const keys = `insert into idempotency_keys (user_id, key, request_hash, asked_by, answer, kept_at)
  select gen_random_uuid(), 'k', '\\x00', '{}', '{}', $1::timestamptz from generate_series(1, $2::integer)`;
const gone = `insert into workers (id, roles, host, pid, version, started_at, seen_at)
  select gen_random_uuid(), '{relay}', 'h', 1, 'v', $1, $1 from generate_series(1, 3)`;
const unfinished = [
  `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope, created_at) values (gen_random_uuid(), gen_random_uuid(), 1, 't', 0, '{}', $1)`,
  `insert into dead_letters (id, reason, queue, exchange, routing_key, body, properties, headers, attempts, fingerprint, first_seen_at, last_seen_at)
    values (gen_random_uuid(), 'malformed', 'q', 'e', 'k', '\\x00', '{}', '{}', 0, decode(md5(random()::text), 'hex'), $1, $1)`,
];

const sizes = `select (select count(*)::integer from outbox_published) as published, (select count(*)::integer from inbox) as inbox,
  (select count(*)::integer from idempotency_keys) as keys, (select count(*)::integer from workers) as workers,
  (select count(*)::integer from pg_inherits where inhparent = 'outbox_published'::regclass) as partitions,
  (select count(*)::integer from outbox) as outbox, (select count(*)::integer from dead_letters) as dead`;

describe.each(services)('of %s', (service) => {
  let owner: pg.Client;
  let retention: pg.Client;
  beforeAll(async () => {
    owner = await connected(world.stack[service].adminDatabaseUrl);
    retention = await connected(world.stack[service].retentionDatabaseUrl);
  });
  afterAll(async () => {
    await owner.end();
    await retention.end();
  });

  const untilNone = async (sql: string, at: Date): Promise<number[]> => {
    const batches: number[] = [];
    for (let some = -1; some !== 0; batches.push(some)) some = (await retention.query(sql, [at])).rows[0].gone;
    return batches.slice(0, -1);
  };

  test('over many days the tables do not grow beyond the retention window', async () => {
    const today = Date.now();
    const seen: Record<string, number>[] = [];
    for (let day = 0; day <= 40; day++) {
      const at = new Date(today + day * 86_400_000);
      await owner.query('select outbox_published_make_partitions_from($1::date, 2)', [at.toISOString().slice(0, 10)]);
      await owner.query(published, [at, PER_DAY]);
      for (const sql of [inbox, keys]) await owner.query(sql, [at, PER_DAY]);
      await owner.query(gone, [at]);
      if (day === 0) for (const sql of unfinished) await owner.query(sql, [at]);
      await retention.query('select outbox_published_drop_days($1, $2)', [at, `${KEEP_DAYS} days`]);
      const batches = await untilNone(`select inbox_forget($1, '${KEEP_DAYS} days', 150) as gone`, at);
      expect(Math.max(0, ...batches)).toBeLessThanOrEqual(150);
      await untilNone(`select idempotency_keys_forget($1, '24 hours', 150) as gone`, at);
      await untilNone(`select workers_forget($1, '1 day', 150) as gone`, at);
      if (day > 2 * KEEP_DAYS) seen.push((await owner.query(sizes)).rows[0]);
    }
    const same = {
      published: (KEEP_DAYS + 2) * PER_DAY, // whole days, including the day in which the limit falls
      inbox: (KEEP_DAYS + 1) * PER_DAY,
      keys: 2 * PER_DAY,
      workers: 2 * 3,
      partitions: KEEP_DAYS + 2 + 2 + 1, // two days ahead, and the default partition
      outbox: 1,
      dead: 1,
    };
    // exactly at midnight UTC no day is kept in part
    for (const size of seen) {
      expect({ ...size, published: 0, partitions: 0 }).toEqual({ ...same, published: 0, partitions: 0 });
      expect(size['published']).toBeLessThanOrEqual(same.published);
      expect(size['partitions']).toBeLessThanOrEqual(same.partitions);
    }
    expect(seen).toHaveLength(40 - 2 * KEEP_DAYS);
  }, 120_000);

  test('the retention role can only delete, and nothing younger than an hour', async () => {
    for (const sql of [
      'select * from outbox',
      'select * from inbox',
      'delete from inbox',
      'delete from dead_letters',
      'truncate outbox_published',
      'drop table outbox_published_default',
      `select outbox_claim(1)`,
      `select dead_letters_discard('{}', 'me', 'r')`,
    ])
      expect({ sql, answer: await answerTo(retention, sql) }).toEqual({ sql, answer: '42501' });
    for (const call of ['inbox_forget', 'idempotency_keys_forget', 'workers_forget', 'outbox_published_forget_stray'])
      expect(await answerTo(retention, `select ${call}(now(), '59 minutes', 1)`)).toBe('P0001');
    expect(await answerTo(retention, `select outbox_published_drop_days(now(), '0')`)).toBe('P0001');
  });

  test('the role retention deletes what is older than configured, including the default partition', async () => {
    const long = new Date(Date.now() - 3 * 86_400_000);
    await owner.query('delete from inbox');
    for (const sql of [published, inbox]) await owner.query(sql, [long, 2_500]);
    for (const sql of [published, inbox]) await owner.query(sql, [new Date(), 10]);
    const process = await world.start(`${service} retention`, {
      env: {
        RETENTION_DATABASE_URL: world.stack[service].retentionDatabaseUrl,
        PUBLISHED_KEPT_DAYS: '2',
        INBOX_KEPT_DAYS: '2',
      },
    });
    await process.waitReady();
    const old = `select (select count(*)::integer from inbox) as inbox,
      (select count(*)::integer from outbox_published where published_at < now() - interval '2 days') as published`;
    const isDone = async () => {
      const { rows } = await owner.query(old);
      return rows[0].inbox === 10 && rows[0].published === 0;
    };
    await eventually(isDone, { within: 20_000, describe: 'old rows are deleted, new ones are kept' });
    await process.end('SIGTERM', 10_000);
    expect(await process.exited).toBe(0);
  }, 60_000);

  test('the role retention fails without its login', async () => {
    const process = await world.start(`${service} retention`);
    expect(await process.exited).toBe(1);
  }, 30_000);
});
