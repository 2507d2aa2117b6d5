import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { isStatement } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { startPgbouncer, type Pgbouncer } from '@mentor-sessions/lab/servers/pgbouncer';
import type { Database } from '../src/database.ts';
import { OutcomeUnknown, Unavailable } from '../src/errors.ts';
import { openTestDatabase } from './test-database.ts';

let world: Awaited<ReturnType<typeof openTestDatabase>>;
let database: Database;
let fragile: Database;

beforeAll(async () => {
  world = await openTestDatabase();
  database = world.open();
});
beforeEach(async () => {
  await database.query('delete from things');
  fragile = world.openThroughProxy({ queryTimeoutMs: 500, applicationName: 'fragile' });
});
afterAll(() => world.close());

const insert = { name: 'insert_thing', text: 'insert into things values ($1, $2) returning id' };
const readBack = () => database.query<{ id: number }>('select id from things where id = 1');

describe('a write', () => {
  test('whose response is lost after it took effect is found by reading back', async () => {
    world.proxy.cutAfter(isStatement(insert.name), { fin: true });
    await expect(fragile.write(insert, [1, 'a'], readBack)).resolves.toEqual([{ id: 1 }]);
  });

  test('that never reached the database is reported as without effect', async () => {
    world.proxy.cutBefore(isStatement(insert.name), { fin: true });
    await expect(fragile.write(insert, [1, 'a'], readBack)).rejects.toBeInstanceOf(Unavailable);
  });

  test('whose effect cannot be determined has an unknown outcome', async () => {
    world.proxy.cutAfter(isStatement(insert.name), { fin: true });
    const cannotTell = () => Promise.resolve(null);
    await expect(fragile.write(insert, [1, 'a'], cannotTell)).rejects.toBeInstanceOf(OutcomeUnknown);
  });

  test('is looked up again, not written again, if the look-up has a deadlock', async () => {
    world.proxy.cutAfter(isStatement(insert.name), { fin: true });
    const deadlocked = `do $$ begin raise exception 'a deadlock' using errcode = 'deadlock_detected'; end $$`;
    let looks = 0;
    const unluckyAtFirst = async () => {
      looks += 1;
      if (looks === 1) await fragile.pool.query(deadlocked);
      return readBack();
    };
    await expect(fragile.write(insert, [1, 'a'], unluckyAtFirst)).resolves.toEqual([{ id: 1 }]);
    expect(looks).toBe(2);
  });

  test('that is still running after the query timeout is waited for, not terminated', async () => {
    const slow = { name: 'slow', text: `insert into things select $1::int, 'slow' from pg_sleep(2) returning id` };
    await expect(fragile.write(slow, [1], readBack)).resolves.toEqual([{ id: 1 }]);
  });

  test('that may be in flight in a black hole can no longer arrive once it is reported as without effect', async () => {
    const bystander = world.open({ poolMax: 1 });
    const pidOf = () => bystander.query('select pg_backend_pid() as pid');
    const before = await pidOf();
    world.proxy.cutBefore(isStatement(insert.name), { silent: true });
    await expect(fragile.write(insert, [1, 'a'], readBack)).rejects.toBeInstanceOf(Unavailable);
    const backends = await database.query(
      `select from pg_stat_activity where application_name = 'fragile' and state = 'idle' and query ~ 'set_config'`,
    );
    expect(backends).toEqual([]);
    expect(await pidOf()).toEqual(before);
  });
});

describe('behind PgBouncer in session mode, a write', () => {
  let pooler: Pgbouncer;
  let pooled: Database;
  beforeAll(async () => {
    pooler = await startPgbouncer({ mode: 'session', urls: [world.url] });
  });
  beforeEach(async () => {
    const { hostname: host, port } = new URL(pooler.through(world.url));
    world.proxy.retarget({ host, port: Number(port) });
    pooled = world.openThroughProxy({ queryTimeoutMs: 500 });
  });
  afterAll(() => pooler.close());

  test.each([{ fin: true }, { silent: true }])('whose response is lost (%j) is found by reading back', async (how) => {
    world.proxy.cutAfter(isStatement(insert.name), how);
    await expect(pooled.write(insert, [1, 'a'], readBack)).resolves.toEqual([{ id: 1 }]);
  });

  test.each([{ fin: true }, { silent: true }])('that never arrived (%j) is reported as without effect', async (how) => {
    world.proxy.cutBefore(isStatement(insert.name), how);
    await expect(pooled.write(insert, [1, 'a'], readBack)).rejects.toBeInstanceOf(Unavailable);
    expect(await readBack()).toEqual([]);
  });

  test('that is still running is waited for', async () => {
    const slow = { name: 'slow', text: `insert into things select $1::int, 'slow' from pg_sleep(2) returning id` };
    await expect(pooled.write(slow, [1], readBack)).resolves.toEqual([{ id: 1 }]);
  });
});
