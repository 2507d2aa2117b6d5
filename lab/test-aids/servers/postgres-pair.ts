import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import {
  dataOf,
  initialisePostgres,
  newPostgresFiles,
  runPostgres,
  type PostgresFiles,
} from '@mentor-sessions/local-stack/native-postgres';
import { query } from '@mentor-sessions/local-stack/databases';
import { run } from './network.ts';
import type { PostgresServer } from '@mentor-sessions/local-stack/backing';
import { openTcpProxy, targetOf, type TcpProxy } from '../proxy/tcp-proxy.ts';
import { makePrivateDirectory } from './private-directory.ts';

/** The name in `synchronous_standby_names`, and of its replication slot. */
const standbyName = 'standby';

/** Copies the running primary to the directory of a standby that follows it. */
const copyPrimary = async (adminUrl: string, { bin, directory, user }: PostgresFiles): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (user) await chown(directory, user.uid, user.gid);
  const primary = new URL(adminUrl);
  primary.searchParams.set('application_name', standbyName);
  const follow = ['--write-recovery-conf', '--create-slot', '--slot', standbyName, '--wal-method=stream'];
  const args = ['-D', dataOf(directory), '-d', primary.href, ...follow, '--checkpoint=fast', '--no-sync'];
  await run(join(bin, 'pg_basebackup'), args, { cwd: directory, ...user });
};

/** From now on the primary acknowledges a commit only after the standby has it. */
const waitForStandbyAtCommit = async (adminUrl: string): Promise<void> => {
  await query(adminUrl, `alter system set synchronous_standby_names = '${standbyName}'`);
  await query(adminUrl, 'select pg_reload_conf()');
};

const untilStandbyIs = async (adminUrl: string, state: 'sync' | 'async'): Promise<void> => {
  await eventually(
    async () => {
      const [seen] = await query(adminUrl, 'select state, sync_state from pg_stat_replication');
      if (seen?.['state'] === 'streaming' && seen['sync_state'] === state) return true;
      throw new Error(`pg_stat_replication: ${JSON.stringify(seen)}`);
    },
    { within: 30_000, describe: `the standby follows (${state})` },
  );
};

/** Promotes it; resolves when it accepts writes. */
export const promote = async (adminUrl: string): Promise<void> => {
  const [row] = await query<{ promoted: boolean }>(adminUrl, 'select pg_promote(true, 60) as promoted');
  if (!row?.promoted) throw new Error('the standby was not promoted within 60 s');
  // assigns a transaction id, which a standby cannot
  await query(adminUrl, 'select pg_current_xact_id()');
};

/** Makes the standby reconnect at once: by default it tries every 5 s. */
const settings = { wal_retrieve_retry_interval: '500ms' };

/** A primary and a streaming standby; with `synchronous`, an acknowledged commit is on both. */
export const startPostgresPair = async ({ synchronous }: { synchronous: boolean }) => {
  const directory = await makePrivateDirectory('pair');
  const started: PostgresServer[] = [];
  let link: TcpProxy | undefined;
  const close = async (): Promise<void> => {
    for (const server of started.reverse()) await server.kill();
    await link?.close();
    await directory.remove();
  };
  const files = await newPostgresFiles(join(directory.path, 'primary'));
  const standbyFiles = { ...files, settings, directory: join(directory.path, 'standby') };
  try {
    await initialisePostgres(files);
    const primary = await runPostgres(files);
    started.push(primary);
    link = await openTcpProxy({ target: targetOf(primary.adminUrl) });
    await copyPrimary(link.through(primary.adminUrl), standbyFiles);
    const standby = await runPostgres(standbyFiles);
    started.push(standby);
    if (synchronous) await waitForStandbyAtCommit(primary.adminUrl);
    await untilStandbyIs(primary.adminUrl, synchronous ? 'sync' : 'async');
    /** Kills the primary and promotes the standby; resolves when that accepts writes. */
    const failOver = async () => {
      await primary.kill();
      await promote(standby.adminUrl);
      return { adminUrl: standby.adminUrl };
    };
    /** `adminUrl`: of the primary; the standby's differs only in its port. `link`: the network between the two. */
    return { primary, standby, adminUrl: primary.adminUrl, link, failOver, close };
  } catch (error) {
    await close();
    throw error;
  }
};

export type PostgresPair = Awaited<ReturnType<typeof startPostgresPair>>;
