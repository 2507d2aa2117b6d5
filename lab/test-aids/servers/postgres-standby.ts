import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { dataOf } from '@mentor-sessions/local-stack/native-postgres';
import type { PostgresFiles } from '@mentor-sessions/local-stack/native-postgres';
import { query } from '@mentor-sessions/local-stack/databases';
import { run } from './network-tools.ts';

/** As `synchronous_standby_names` names it, and its replication slot too. */
const standbyName = 'standby';

/** Copies the running primary into the directory of a standby that follows it. */
export const copyPrimary = async (adminUrl: string, { bin, directory, user }: PostgresFiles): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (user) await chown(directory, user.uid, user.gid);
  const primary = new URL(adminUrl);
  primary.searchParams.set('application_name', standbyName);
  const follow = ['--write-recovery-conf', '--create-slot', '--slot', standbyName, '--wal-method=stream'];
  const args = ['-D', dataOf(directory), '-d', primary.href, ...follow, '--checkpoint=fast', '--no-sync'];
  await run(join(bin, 'pg_basebackup'), args, { cwd: directory, ...user });
};

/** From here on the primary answers a commit only after the standby has it. */
export const waitForStandbyAtCommit = async (adminUrl: string): Promise<void> => {
  await query(adminUrl, `alter system set synchronous_standby_names = '${standbyName}'`);
  await query(adminUrl, 'select pg_reload_conf()');
};

export const untilStandbyIs = async (adminUrl: string, state: 'sync' | 'async'): Promise<void> => {
  await eventually(
    async () => {
      const [seen] = await query(adminUrl, 'select state, sync_state from pg_stat_replication');
      if (seen?.['state'] === 'streaming' && seen['sync_state'] === state) return true;
      throw new Error(`pg_stat_replication: ${JSON.stringify(seen)}`);
    },
    { within: 30_000, describe: `the standby follows (${state})` },
  );
};

/** Makes a primary of it; resolves when it takes writes. */
export const promote = async (adminUrl: string): Promise<void> => {
  const [row] = await query<{ promoted: boolean }>(adminUrl, 'select pg_promote(true, 60) as promoted');
  if (!row?.promoted) throw new Error('the standby was not promoted within 60 s');
  // takes a transaction id, which a standby cannot
  await query(adminUrl, 'select pg_current_xact_id()');
};
