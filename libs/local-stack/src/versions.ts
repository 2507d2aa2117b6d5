import { connect } from 'amqplib';
import type { Versions } from './backing.ts';
import { query } from './query.ts';

const postgresVersion = async (adminUrl: string): Promise<string> => {
  const [row] = await query<{ server_version: string }>(adminUrl, 'show server_version');
  return row?.server_version.split(' ')[0] ?? 'of unknown version';
};

/** As the broker introduces itself on any AMQP connection. */
const rabbitmqVersion = async (amqpUrl: string): Promise<string> => {
  const connection = await connect(amqpUrl);
  const { version } = connection.connection.serverProperties;
  await connection.close();
  return version;
};

export const readVersions = async (adminUrl: string, amqpUrl: string): Promise<Versions> => ({
  postgres: await postgresVersion(adminUrl),
  rabbitmq: await rabbitmqVersion(amqpUrl),
});
