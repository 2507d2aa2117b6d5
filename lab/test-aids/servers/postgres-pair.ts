import { join } from 'node:path';
import type { PostgresServer } from '@mentor-sessions/local-stack/backing';
import { ensureNativeBinaries, findPostgres } from '@mentor-sessions/local-stack/binaries';
import { runPostgres, initialisePostgres, newPostgresFiles } from '@mentor-sessions/local-stack/native-postgres';
import { loopback } from '@mentor-sessions/local-stack/ports';
import { openTcpProxy, type TcpProxy } from '../proxy/tcp-proxy.ts';
import { copyPrimary, promote, untilStandbyIs, waitForStandbyAtCommit } from './postgres-standby.ts';
import { makePrivateDirectory } from './private-directory.ts';

export type PostgresPair = {
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
  /** Of the primary; the standby's differs in its port only, so roles keep their passwords. */
  readonly adminUrl: string;
  /** The network between the two, as the standby reaches the primary. */
  readonly link: TcpProxy;
  /** Ends the primary as a crash would and promotes the standby; resolves when that takes writes. */
  failOver(): Promise<{ readonly adminUrl: string }>;
  close(): Promise<void>;
};

/** Of a standby that looks for its primary again: without it, only every 5 s. */
const settings = { wal_retrieve_retry_interval: '500ms' };

/** A primary and a streaming standby; when `synchronous`, an acknowledged commit is on both. */
export const startPostgresPair = async ({ synchronous }: { synchronous: boolean }): Promise<PostgresPair> => {
  await ensureNativeBinaries(() => undefined);
  const directory = await makePrivateDirectory('pair');
  const started: PostgresServer[] = [];
  let link: TcpProxy | undefined;
  const close = async (): Promise<void> => {
    for (const server of started.reverse()) await server.kill();
    await link?.close();
    await directory.remove();
  };
  const files = await newPostgresFiles(findPostgres() as string, join(directory.path, 'primary'));
  const standbyFiles = { ...files, settings, directory: join(directory.path, 'standby') };
  try {
    await initialisePostgres(files);
    const primary = await runPostgres(files);
    started.push(primary);
    link = await openTcpProxy({ target: { host: loopback, port: Number(new URL(primary.adminUrl).port) } });
    await copyPrimary(link.through(primary.adminUrl), standbyFiles);
    const standby = await runPostgres(standbyFiles);
    started.push(standby);
    if (synchronous) await waitForStandbyAtCommit(primary.adminUrl);
    await untilStandbyIs(primary.adminUrl, synchronous ? 'sync' : 'async');
    const failOver = async () => {
      await primary.kill();
      await promote(standby.adminUrl);
      return { adminUrl: standby.adminUrl };
    };
    return { primary, standby, adminUrl: primary.adminUrl, link, failOver, close };
  } catch (error) {
    await close();
    throw error;
  }
};
