import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { query } from '@mentor-sessions/local-stack/databases';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { isRootOfLinux } from './servers/network.ts';
import { startPatroniCluster, switchOver } from './servers/patroni-cluster.ts';
import type { PatroniCluster } from './servers/patroni-cluster.ts';

const onCluster = (): void => {
  let cluster: PatroniCluster;
  beforeAll(async () => {
    cluster = await startPatroniCluster();
    await query(cluster.server.adminUrl, 'create table kept (text text primary key)');
  }, 120_000);
  afterAll(() => cluster.close());

  /** Through HAProxy, until it is committed. */
  const keep = (text: string) =>
    eventually(
      async () => {
        const insert = 'insert into kept values ($1) on conflict do nothing';
        await query(cluster.server.adminUrl, insert, [text]);
        return true;
      },
      { within: 60_000, describe: `${text} is written` },
    );
  const kept = async () =>
    (await query<{ text: string }>(cluster.server.adminUrl, 'select text from kept')).map(({ text }) => text);

  test('each commit waits for a standby', async () => {
    const sql = "select from pg_stat_replication where sync_state = 'sync'";
    expect(await query(cluster.server.adminUrl, sql)).toHaveLength(1);
  });

  test('the same address leads to the new primary after a switchover', async () => {
    const former = await cluster.primary();
    await keep('before the switchover');
    await switchOver(cluster);
    await keep('after the switchover');
    expect((await cluster.primary()).name).not.toBe(former.name);
    await cluster.settled();
    expect(await kept()).toEqual(expect.arrayContaining(['before the switchover', 'after the switchover']));
  }, 120_000);

  test('a standby takes over when the primary’s machine is killed, which follows it when it is back', async () => {
    const killed = await cluster.primary();
    await keep('before the kill');
    await killed.kill();
    await keep('after the kill');
    expect((await cluster.primary()).name).not.toBe(killed.name);
    await killed.startEtcd();
    await killed.startPatroni();
    await cluster.settled();
    expect(await kept()).toEqual(expect.arrayContaining(['before the kill', 'after the kill']));
  }, 120_000);

  test('a primary that was isolated does not lead again when the network heals', async () => {
    const isolated = await cluster.primary();
    await cluster.isolate(isolated);
    await keep('after the split');
    await cluster.heal();
    await keep('after it was healed');
    await cluster.settled();
    expect((await cluster.primary()).name).not.toBe(isolated.name);
    expect(await kept()).toEqual(expect.arrayContaining(['after the split', 'after it was healed']));
  }, 150_000);
};

if (isRootOfLinux()) {
  describe('PostgreSQL under Patroni, etcd and HAProxy, as deploy/postgresql configures them', onCluster);
} else {
  test('a Patroni cluster says that it needs root', async () => {
    await expect(startPatroniCluster()).rejects.toThrow('need root');
  });
}
