import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backing } from '@mentor-sessions/local-stack/backing';
import { ensureNativeBinaries, findPostgres, findRabbitmq, postgresUser } from '@mentor-sessions/local-stack/binaries';
import { dataOf, startNativePostgres } from '@mentor-sessions/local-stack/native-postgres';
import { startNativeRabbitmq } from '@mentor-sessions/local-stack/native-rabbitmq';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import { query } from '@mentor-sessions/local-stack/databases';
import { readVersions } from '@mentor-sessions/local-stack/readiness';
import { makePrivateDirectory } from './private-directory.ts';
import { createThrowawayCa } from './throwaway-ca.ts';

/** Under which name alone the servers' certificates are good. */
const name = 'localhost';

export type TlsServers = Backing & {
  /** Certificates: of the authority that signed the servers', and of one that signed nothing here. */
  readonly ca: string;
  readonly strangersCa: string;
};

type Files = { readonly ca: string; readonly key: string; readonly cert: string };

/** From the start it lets nobody in without TLS. */
const startPostgres = async (directory: string, { ca, key, cert }: Files) => {
  const tls = { ssl: 'on', ssl_key_file: key, ssl_cert_file: cert };
  const plain = await startNativePostgres(findPostgres() as string, directory, tls);
  await writeFile(join(dataOf(directory), 'pg_hba.conf'), 'hostssl all all all scram-sha-256\n');
  await query(plain.adminUrl, 'select pg_reload_conf()');
  const url = new URL(plain.adminUrl);
  url.hostname = name;
  url.searchParams.set('sslmode', 'verify-full');
  url.searchParams.set('sslrootcert', ca);
  return { ...plain, adminUrl: url.href };
};

const startRabbitmq = async (directory: string, { ca, key, cert }: Files) => {
  const port = await freePort();
  const options = { cacertfile: ca, certfile: cert, keyfile: key };
  const settings = Object.entries(options).map(([option, file]) => `ssl_options.${option} = ${file}`);
  const listener = `listeners.ssl.default = ${loopback}:${port}`;
  const plain = await startNativeRabbitmq(findRabbitmq() as string, directory, [listener, ...settings, ''].join('\n'));
  const url = new URL(plain.amqpUrl.replace('amqp:', 'amqps:'));
  url.hostname = name;
  url.port = String(port);
  url.searchParams.set('cacertfile', ca);
  return { ...plain, amqpUrl: url.href, plainUrl: plain.amqpUrl };
};

/** PostgreSQL and RabbitMQ of this machine behind TLS, signed by an authority of their own; their URLs say so. */
export const startTlsServers = async (): Promise<TlsServers> => {
  const why = await ensureNativeBinaries(() => undefined);
  const directory = await makePrivateDirectory('tls');
  const [ca, strangers] = await Promise.all(
    ['ours', 'strangers'].map((each) => createThrowawayCa(directory.path, each)),
  );
  const issued = async (user?: { uid: number; gid: number }): Promise<Files> => ({
    ca: ca!.file,
    ...(await ca!.issue(name, user)),
  });
  const postgres = await startPostgres(join(directory.path, 'postgres'), await issued(await postgresUser()));
  const broker = await startRabbitmq(join(directory.path, 'rabbitmq'), await issued());
  return {
    kind: 'native',
    why,
    versions: await readVersions(postgres.adminUrl, broker.plainUrl),
    postgres,
    broker,
    ca: ca!.file,
    strangersCa: strangers!.file,
    stop: async () => {
      await Promise.all([postgres.kill(), broker.kill()]);
      await directory.remove();
    },
  };
};
