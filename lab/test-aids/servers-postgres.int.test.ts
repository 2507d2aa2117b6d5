import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { query } from '@mentor-sessions/local-stack/databases';
import { testBacking } from './test-stack.ts';
import { isRootOfLinux } from './servers/network.ts';
import { startPgbouncer } from './servers/pgbouncer.ts';
import { startPostgresPair } from './servers/postgres-pair.ts';
import { startSmallDiskPostgres } from './servers/small-disk-postgres.ts';

const closings: (() => Promise<void>)[] = [];
const opened = <T extends { close(): Promise<void> }>(resource: T): T => {
  closings.push(resource.close);
  return resource;
};
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const waitingForStandby = "select from pg_stat_activity where wait_event = 'SyncRep'";
const write = (adminUrl: string, text: string) => query(adminUrl, 'insert into kept values ($1)', [text]);
const read = (adminUrl: string) => query(adminUrl, 'select text from kept order by text');

describe('a primary and its standby', () => {
  test('what was acknowledged in synchronous mode is on the standby after the primary was killed', async () => {
    const pair = opened(await startPostgresPair({ synchronous: true }));
    await query(pair.adminUrl, 'create table kept (text text)');
    await write(pair.adminUrl, 'acknowledged');
    const { adminUrl } = await pair.failOver();
    await expect(query(pair.adminUrl, 'select')).rejects.toThrow('ECONNREFUSED');
    await write(adminUrl, 'later');
    await expect(read(adminUrl)).resolves.toEqual([{ text: 'acknowledged' }, { text: 'later' }]);
  });

  test('in synchronous mode nothing is acknowledged while the standby is away', async () => {
    const pair = opened(await startPostgresPair({ synchronous: true }));
    await query(pair.adminUrl, 'create table kept (text text)');
    await pair.standby.kill();
    const unanswered = write(pair.adminUrl, 'waits').then(() => 'acknowledged');
    await eventually(async () => (await query(pair.adminUrl, waitingForStandby)).length === 1);
    await pair.standby.start();
    await expect(unanswered).resolves.toBe('acknowledged');
  });

  test('in synchronous mode nothing is acknowledged while the link between them is cut', async () => {
    const pair = opened(await startPostgresPair({ synchronous: true }));
    await query(pair.adminUrl, 'create table kept (text text)');
    pair.link.blackHole();
    const unanswered = write(pair.adminUrl, 'waits').then(() => 'acknowledged');
    await eventually(async () => (await query(pair.adminUrl, waitingForStandby)).length === 1);
    pair.link.heal();
    await expect(unanswered).resolves.toBe('acknowledged');
  });

  test('in asynchronous mode the primary answers alone', async () => {
    const pair = opened(await startPostgresPair({ synchronous: false }));
    await pair.standby.kill();
    await expect(query(pair.adminUrl, 'create table kept (text text)')).resolves.toEqual([]);
  });
});

test.each(['session', 'transaction'] as const)('PgBouncer answers in %s mode', async (mode) => {
  const { adminUrl } = testBacking().postgres;
  const pooler = opened(await startPgbouncer({ mode, urls: [adminUrl] }));
  await expect(query(pooler.through(adminUrl), 'select 1 as one')).resolves.toEqual([{ one: 1 }]);
});

const grow = async (adminUrl: string): Promise<void> => {
  for (let times = 0; times < 50; times += 1) {
    await query(adminUrl, "insert into kept select repeat('x', 1000) from generate_series(1, 100)");
  }
};

if (isRootOfLinux()) {
  test('a PostgreSQL on a full disk refuses what does not fit, and takes it when there is room again', async () => {
    const { server, fill, free } = opened(await startSmallDiskPostgres());
    await query(server.adminUrl, 'create table kept (text text)');
    await write(server.adminUrl, 'before');
    await fill();
    await expect(grow(server.adminUrl)).rejects.toMatchObject({ code: '53100' });
    await expect(query(server.adminUrl, "select from kept where text = 'before'")).resolves.toHaveLength(1);
    await free();
    await grow(server.adminUrl);
  });
} else {
  test('a small disk says that it needs root', async () => {
    await expect(startSmallDiskPostgres()).rejects.toThrow('needs root');
  });
}
