import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { startPgbouncer, type Pgbouncer, type PgbouncerOptions } from '@mentor-sessions/lab/servers/pgbouncer';
import { requirementIn } from '../src/database/errors.ts';
import { openTestDatabase } from './test-database.ts';

let world: Awaited<ReturnType<typeof openTestDatabase>>;
let pooler: Pgbouncer | undefined;

beforeAll(async () => {
  world = await openTestDatabase();
});
afterEach(async () => {
  await pooler?.close();
  pooler = undefined;
});
afterAll(() => world.close());

const through = async (options: Omit<PgbouncerOptions, 'urls'>): Promise<string> => {
  pooler = await startPgbouncer({ ...options, urls: [world.url] });
  return pooler.through(world.url);
};

const shared: readonly (readonly [string, Omit<PgbouncerOptions, 'urls'>])[] = [
  ['transaction mode', { mode: 'transaction' }],
  ['transaction mode with one session', { mode: 'transaction', settings: { default_pool_size: '1' } }],
  ['transaction mode, round robin', { mode: 'transaction', settings: { server_round_robin: '1', min_pool_size: '4' } }],
  ['statement mode', { mode: 'statement' }],
];

test.each(shared)('a pooler in %s is refused on the first connection, and on every further one', async (_, options) => {
  const database = world.open({ url: await through(options) });
  for (let count = 0; count < 3; count++) {
    const error: unknown = await database.query('select 1').catch((caught: unknown) => caught);
    expect(requirementIn(error)).toMatch(/pooler.*set pool_mode = session/);
  }
});

test('a pooler in session mode works, with every limit in force', async () => {
  const database = world.open({ url: await through({ mode: 'session' }), poolMax: 3, statementTimeoutMs: 300 });
  const statement = {
    name: 'limits',
    text: `select array_agg(setting order by name) as in_force from pg_settings
      where name in ('idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout')`,
  };
  const seen = await Promise.all(
    [1, 2, 3].map(() =>
      database.transaction(async (tx) => {
        await tx.query('select pg_sleep(0.1)');
        return tx.query(statement);
      }),
    ),
  );
  expect(seen).toEqual([1, 2, 3].map(() => [{ in_force: ['10000', '3000', '300'] }]));
  await expect(database.query('select pg_sleep(5)')).rejects.toMatchObject({ cause: { code: '57014' } });
});

test('a pooler in session mode that has one session left works', async () => {
  const database = world.open({
    url: await through({ mode: 'session', settings: { default_pool_size: '1' } }),
    poolMax: 1,
    connectTimeoutMs: 500,
  });
  await expect(database.query('select 1 as one')).resolves.toEqual([{ one: 1 }]);
});
