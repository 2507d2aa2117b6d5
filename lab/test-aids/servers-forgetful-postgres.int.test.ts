import { afterEach, expect, test } from '@jest/globals';
import { query } from '@mentor-sessions/local-stack/databases';
import { startForgetfulPostgres, type ForgetfulPostgres } from './servers/forgetful-postgres.ts';

let postgres: ForgetfulPostgres | undefined;
afterEach(async () => {
  await postgres?.close();
  postgres = undefined;
}, 60_000);

const start = async (settings: Readonly<Record<string, string>> = {}) => {
  postgres = await startForgetfulPostgres(settings);
  const { server } = postgres;
  return { postgres, server, sql: (text: string) => query<{ n: number }>(server.adminUrl, text) };
};

test('a committed row survives a power cut', async () => {
  const { postgres, server, sql } = await start();
  await sql('create table kept (n integer)');
  await sql('insert into kept select generate_series(1, 100)');
  await postgres.cutPower();
  await server.start();
  expect(await sql('select count(*)::integer as n from kept')).toEqual([{ n: 100 }]);
}, 120_000);

test('without fsync it is lost: the disk does forget', async () => {
  const { postgres, server, sql } = await start({ fsync: 'off' });
  await sql('create table kept (n integer)');
  await sql('insert into kept select generate_series(1, 100)');
  await postgres.cutPower();
  expect(await lost(server, sql)).toBe(100);
}, 120_000);

/** 100 if the table or the server is lost. */
const lost = async (server: ForgetfulPostgres['server'], sql: (text: string) => Promise<{ n: number }[]>) => {
  const rows = await server
    .start()
    .then(() => sql('select count(*)::integer as n from kept'))
    .catch(() => [{ n: 0 }]);
  return 100 - (rows[0]?.n ?? 0);
};

/** Cuts the power in the middle of a checkpoint, with half of its blocks on disk. */
const tear = async (settings: Readonly<Record<string, string>>) => {
  const { postgres, server, sql } = await start({ ...settings, autovacuum: 'off', checkpoint_timeout: '1h' });
  await sql('create table torn (n integer, filling text)');
  await sql(`insert into torn select n, repeat('x', 200) from generate_series(1, 40000) n`);
  await sql('checkpoint');
  await sql('update torn set n = n + 1 where n % 20 = 0');
  const cutting = postgres.cutPower({ keep: 0.5, seed: 'torn', blocks: 500 });
  sql('checkpoint').catch(() => undefined);
  const { forgotten, kept } = await cutting;
  expect(forgotten).toBeGreaterThan(100);
  expect(kept).toBeGreaterThan(100);
  const sum = async () => {
    await server.start();
    return sql('select count(*)::integer as n from torn');
  };
  return sum().then(
    (rows) => rows[0]?.n,
    () => postgres.log(),
  );
};

test('torn pages are repaired from their full images in the log', async () => {
  expect(await tear({})).toBe(40_000);
}, 120_000);

test('without full images the checksums name torn pages', async () => {
  expect(await tear({ full_page_writes: 'off' })).toMatch(/invalid page in block \d+/);
}, 120_000);
