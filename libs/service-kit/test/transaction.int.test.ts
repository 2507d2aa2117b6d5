import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { isCommit } from '@mentor-sessions/lab/proxy/tcp-proxy';
import type { Database, Queryable } from '../src/database.ts';
import { OutcomeUnknown } from '../src/errors.ts';
import { openTestDatabase } from './test-database.ts';

let world: Awaited<ReturnType<typeof openTestDatabase>>;
let database: Database;

beforeAll(async () => {
  world = await openTestDatabase();
  database = world.open();
});
beforeEach(() => database.query('delete from things'));
afterAll(() => world.close());

const insert = { name: 'insert_thing', text: 'insert into things values ($1, $2) returning id' };
const things = () => database.query('select id, name from things order by id');

describe('a transaction', () => {
  test('commits what its work wrote', async () => {
    await database.transaction((tx) => tx.query(insert, [1, 'a']));
    expect(await things()).toEqual([{ id: 1, name: 'a' }]);
  });

  test('rolls back when its work throws, and passes the error on', async () => {
    const work = async (tx: Queryable) => {
      await tx.query(insert, [1, 'a']);
      throw new Error('changed my mind');
    };
    await expect(database.transaction(work)).rejects.toThrow('changed my mind');
    expect(await things()).toEqual([]);
  });

  test('is not taken for committed when a failed statement was swallowed', async () => {
    const work = async (tx: Queryable) => {
      await tx.query(insert, [1, 'a']);
      await tx.query('select 1 / 0').catch(() => undefined);
    };
    await expect(database.transaction(work)).rejects.toMatchObject({ code: '22012' });
    expect(await things()).toEqual([]);
  });

  test('refuses statements after its end', async () => {
    let leaked: Queryable | undefined;
    await database.transaction((tx) => Promise.resolve((leaked = tx)));
    await expect(leaked?.query('select 1')).rejects.toThrow('the transaction has ended');
  });

  test('that was the victim of a deadlock is retried', async () => {
    await database.query(`insert into things values (1, ''), (2, '')`);
    const [bothHoldOne, release] = barrier(2);
    let runs = 0;
    const write = (name: string, ids: readonly number[]) =>
      database.transaction(async (tx) => {
        runs += 1;
        await tx.query('update things set name = name || $2 where id = $1', [ids[0], name]);
        release();
        await bothHoldOne;
        await tx.query('update things set name = name || $2 where id = $1', [ids[1], name]);
      });
    await Promise.all([write('a', [1, 2]), write('b', [2, 1])]);
    expect(runs).toBe(3);
    const rows = await database.query<{ name: string }>('select name from things');
    expect(rows.map(({ name }) => [...name].toSorted().join(''))).toEqual(['ab', 'ab']);
  });

  test('whose response to COMMIT is lost has an unknown outcome', async () => {
    const fragile = world.openThroughProxy();
    world.proxy.cutAfter(isCommit);
    await expect(fragile.transaction((tx) => tx.query(insert, [1, 'a']))).rejects.toBeInstanceOf(OutcomeUnknown);
    expect(await things()).toEqual([{ id: 1, name: 'a' }]);
  });
});

const barrier = (parties: number): [Promise<void>, () => void] => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  return [promise, () => void (++waiting >= parties && resolve())];
};
