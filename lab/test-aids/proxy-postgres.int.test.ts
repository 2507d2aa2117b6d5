import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createDatabase, databaseName, dropDatabases, query } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { isCommit, isStatement, openTcpProxy, type TcpProxy } from './proxy/tcp-proxy.ts';
import { testBacking } from './test-stack.ts';

const { adminUrl } = testBacking().postgres;
let url: string;
let proxy: TcpProxy;
let open: pg.Client[] = [];

beforeAll(async () => {
  ({ adminDatabaseUrl: url } = await createDatabase(adminUrl, 'proxied'));
  await query(url, 'create table things (id int primary key, name text)');
});
beforeEach(async () => {
  const { hostname, port } = new URL(url);
  proxy = await openTcpProxy({ target: { host: hostname, port: Number(port) }, protocol: 'postgres' });
});
afterEach(async () => {
  await proxy.close();
  for (const client of open) await client.end();
  open = [];
  await query(url, 'delete from things');
});
afterAll(() => dropDatabases(adminUrl, [databaseName(url)]));

const connect = async (): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: proxy.through(url) });
  client.on('error', () => undefined);
  await client.connect();
  open.push(client);
  return client;
};
const ids = async () => (await query<{ id: number }>(url, 'select id from things order by id')).map(({ id }) => id);
const insert = (id: number) => ({
  name: 'insert_thing',
  text: 'insert into things values ($1, $2)',
  values: [id, 'a'],
});
const wholeTransaction = async (id: number): Promise<void> => {
  const client = await connect();
  await client.query('begin');
  await client.query(insert(id));
  await client.query('commit');
};
const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: Error) => error.message,
  );
const lost = /terminated|ECONNRESET|EPIPE/;
const backends = () =>
  query(url, `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`);

describe('a slow network', () => {
  test.each([
    ['latency', () => proxy.latency(10, 10)],
    ['slices of one byte', () => proxy.slice(1)],
    ['slices and latency', () => (proxy.latency(5, 5), proxy.slice(7))],
    ['little bandwidth', () => proxy.bandwidth(200_000)],
  ])('with %s answers the same', async (_, make) => {
    make();
    const client = await connect();
    const text = 'ä'.repeat(5_000);
    const { rows } = await client.query('select $1::text as text, generate_series(1, 3) as n', [text]);
    expect(rows).toEqual([1, 2, 3].map((n) => ({ text, n })));
    await wholeTransaction(1);
    expect(await ids()).toEqual([1]);
  });
});

describe('a black hole', () => {
  test('leaves a query without an answer on an open connection', async () => {
    const client = await connect();
    proxy.blackHole();
    const asked = outcome(client.query(insert(1)));
    expect(await Promise.race([asked, query(url, 'select pg_sleep(0.2)').then(() => 'waits')])).toBe('waits');
    expect(await ids()).toEqual([]);
    proxy.heal();
    expect(await asked).toMatch(lost);
  });

  test('downwards passes the query and blocks its result', async () => {
    const client = await connect();
    proxy.blackHole('down');
    const asked = outcome(client.query(insert(1)));
    await eventually(async () => (await ids()).length === 1);
    proxy.reset();
    expect(await asked).toMatch(lost);
  });

  test('upwards blocks the query and passes what the server sends', async () => {
    const client = await connect();
    await client.query('listen news');
    const heard: unknown[] = [];
    client.on('notification', ({ payload }) => heard.push(payload));
    proxy.blackHole('up');
    const asked = outcome(client.query(insert(1)));
    await query(url, `notify news, 'today'`);
    await eventually(() => heard.length > 0);
    expect([heard, await ids()]).toEqual([['today'], []]);
    proxy.reset();
    expect(await asked).toMatch(lost);
  });
});

test('a reset reaches the client as ECONNRESET and ends the server’s side', async () => {
  const client = await connect();
  const error = new Promise<NodeJS.ErrnoException>((resolve) => void client.once('error', resolve));
  proxy.reset();
  expect((await error).code).toBe('ECONNRESET');
  await eventually(async () => (await backends()).length === 0);
});

test('a refused connection is refused, and accepted again after healing', async () => {
  proxy.refuse();
  await expect(connect()).rejects.toThrow('ECONNREFUSED');
  proxy.heal();
  await wholeTransaction(1);
});

describe('a cut', () => {
  test('after COMMIT: the client sees an error and the row is there, 20 of 20', async () => {
    const cut = proxy.cutAfter(isCommit, { times: 20 });
    for (let id = 1; id <= 20; id++) expect(await outcome(wholeTransaction(id))).toMatch(lost);
    expect((await ids()).length).toBe(20);
    expect(cut.hits()).toBe(20);
    await wholeTransaction(21);
  });

  test('after COMMIT over a slow network in slices is the same', async () => {
    proxy.latency(5, 5);
    proxy.slice(3);
    proxy.cutAfter(isCommit);
    expect(await outcome(wholeTransaction(1))).toMatch(lost);
    expect(await ids()).toEqual([1]);
  });

  test('before COMMIT: the client sees an error and the row is not there, 20 of 20', async () => {
    const cut = proxy.cutBefore(isCommit, { times: 20 });
    for (let id = 1; id <= 20; id++) expect(await outcome(wholeTransaction(id))).toMatch(lost);
    await eventually(async () => (await backends()).length === 0);
    expect(await ids()).toEqual([]);
    expect(cut.hits()).toBe(20);
  });

  test.each([
    ['after', [1, 2]],
    ['before', [1]],
  ] as const)('%s a statement that was prepared earlier, by its name', async (when, expected) => {
    const client = await connect();
    await client.query(insert(1));
    const armed = { after: proxy.cutAfter, before: proxy.cutBefore }[when](isStatement('insert_thing'));
    expect(await outcome(client.query(insert(2)))).toMatch(lost);
    await eventually(async () => (await backends()).length === 0);
    expect(await ids()).toEqual(expected);
    expect(armed.hits()).toBe(1);
  });

  test('after a statement waits until it has been carried out', async () => {
    const client = await connect();
    proxy.cutAfter(isStatement(/pg_sleep/));
    const slow = `insert into things select 1, 'slow' from pg_sleep(0.3)`;
    expect(await outcome(client.query(slow))).toMatch(lost);
    expect(await ids()).toEqual([1]);
  });

  test.each([
    ['reset', {}, 'ECONNRESET'],
    ['closed', { fin: true }, 'Connection terminated unexpectedly'],
  ])('leaves the connection %s', async (_, ending, message) => {
    for (const cut of [proxy.cutAfter, proxy.cutBefore]) {
      const client = await connect();
      cut(isStatement('select 1'), ending);
      expect(await outcome(client.query('select 1'))).toContain(message);
      expect(await eventually(() => proxy.connections() === 0)).toBe(true);
    }
  });

  test('in silence leaves the client waiting', async () => {
    const client = await connect();
    const cut = proxy.cutAfter(isStatement('insert_thing'), { silent: true });
    const asked = outcome(client.query(insert(1)));
    await eventually(async () => (await ids()).length === 1);
    expect(await Promise.race([asked, query(url, 'select pg_sleep(0.2)').then(() => 'waits')])).toBe('waits');
    expect([cut.hits(), proxy.connections()]).toEqual([1, 1]);
    proxy.heal();
    expect(await asked).toMatch(lost);
  });

  test('does not cut other frames, nor after it is cancelled', async () => {
    const cut = proxy.cutAfter(isCommit);
    await (await connect()).query('select 1');
    cut.cancel();
    await wholeTransaction(1);
    expect(cut.hits()).toBe(0);
  });
});
