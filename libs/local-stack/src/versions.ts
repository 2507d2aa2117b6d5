import pg from 'pg';
import type { Versions } from './backing.ts';
import { createManagement } from './management.ts';

const postgresVersion = async (adminUrl: string): Promise<string> => {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  return rows[0]?.server_version.split(' ')[0] ?? 'of unknown version';
};

const rabbitmqVersion = async (managementUrl: string | null): Promise<string> => {
  if (!managementUrl) return 'of unknown version';
  const overview = await createManagement(managementUrl).get<{ rabbitmq_version: string }>('overview');
  return overview.rabbitmq_version;
};

export const readVersions = async (adminUrl: string, managementUrl: string | null): Promise<Versions> => ({
  postgres: await postgresVersion(adminUrl),
  rabbitmq: await rabbitmqVersion(managementUrl),
});
