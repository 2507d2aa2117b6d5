import {
  createDatabase as createTestDatabase,
  databaseName,
  dropDatabases,
} from '@mentor-sessions/local-stack/databases';
import { openTcpProxy } from '@mentor-sessions/lab/proxy/tcp-proxy';
import { testBacking } from '@mentor-sessions/lab/test-stack';
import { createDatabase, type DatabaseOptions } from '../src/database.ts';
import { createLogger } from '../src/log.ts';

/** A database with one table, `things`, and connections to it that a test can break; on the run's server or another. */
export const openTestDatabase = async ({ adminUrl } = testBacking().postgres) => {
  const { adminDatabaseUrl: url } = await createTestDatabase(adminUrl, 'kit');
  const { hostname: host, port } = new URL(url);
  const proxy = await openTcpProxy({ target: { host, port: Number(port) }, protocol: 'postgres' });
  const opened: { close(): Promise<void> }[] = [];
  const log = createLogger({ service: 'kit', role: 'test', level: 'silent', pretty: false });
  const open = (options: Partial<DatabaseOptions> = {}) => {
    const database = createDatabase({ url, applicationName: 'kit-test', log, ...options });
    opened.push(database);
    return database;
  };
  await open().query('create table things (id int primary key, name text not null)');
  return {
    /** Of an administrator. */
    adminUrl,
    url,
    open,
    openThroughProxy: (options: Partial<DatabaseOptions> = {}) => open({ url: proxy.through(url), ...options }),
    proxy,
    close: async () => {
      for (const database of opened) await database.close();
      await proxy.close();
      await dropDatabases(adminUrl, [databaseName(url)]);
    },
  };
};
