import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { isStatement } from '@mentor-sessions/local-stack/proxy/tcp-proxy';
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
  fragile = world.openThroughProxy({ queryTimeoutMs: 500 });
});
afterAll(() => world.close());

const insert = { name: 'insert_thing', text: 'insert into things values ($1, $2) returning id' };
const readBack = () => database.query<{ id: number }>('select id from things where id = 1');

describe('a write', () => {
  test('whose answer is lost after it took effect is found by reading back', async () => {
    world.proxy.cutAfter(isStatement(insert.name), { fin: true });
    await expect(fragile.write(insert, [1, 'a'], readBack)).resolves.toEqual([{ id: 1 }]);
  });

  test('that never reached the database changed nothing, and says so', async () => {
    world.proxy.cutBefore(isStatement(insert.name), { fin: true });
    await expect(fragile.write(insert, [1, 'a'], readBack)).rejects.toBeInstanceOf(Unavailable);
  });

  test('whose effect cannot be told has an unknown outcome', async () => {
    world.proxy.cutAfter(isStatement(insert.name), { fin: true });
    const cannotTell = () => Promise.resolve(null);
    await expect(fragile.write(insert, [1, 'a'], cannotTell)).rejects.toBeInstanceOf(OutcomeUnknown);
  });

  test('is looked up once more, not written once more, when the looking itself meets a deadlock', async () => {
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

  test('that is still at work when its answer is given up is ended before reading back', async () => {
    const slow = { name: 'slow', text: `insert into things select $1::int, 'slow' from pg_sleep(3) returning id` };
    await expect(fragile.write(slow, [1], readBack)).rejects.toBeInstanceOf(Unavailable);
    const [{ busy } = {}] = await database.query<{ busy: number }>(
      `select count(*)::int as busy from pg_stat_activity where query like 'insert into things select%' and state = 'active'`,
    );
    expect(busy).toBe(0);
    expect(await readBack()).toEqual([]);
  });
});
