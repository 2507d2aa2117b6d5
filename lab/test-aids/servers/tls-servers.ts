import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findNativeBinaries, postgresUser } from '@mentor-sessions/local-stack/binaries';
import { dataOf, startNativePostgres } from '@mentor-sessions/local-stack/native-postgres';
import { startNativeRabbitmq } from '@mentor-sessions/local-stack/native-rabbitmq';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import { query } from '@mentor-sessions/local-stack/databases';
import { readVersions } from '@mentor-sessions/local-stack/readiness';
import { makePrivateDirectory } from './private-directory.ts';
import { run } from '../run.ts';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A certificate authority for one day, made by openssl, a dependency of PostgreSQL's packages. */
const createThrowawayCa = async (directory: string, name: string) => {
  const path = (file: string): string => join(directory, `${name}-${file}`);
  const openssl = (...args: readonly string[]) => run('openssl', [...args], { cwd: directory });
  const ca = { key: path('ca.key'), cert: path('ca.pem') };
  await openssl('req', '-x509', ...newKey, '-days', '1', '-subj', `/CN=${name}`, '-keyout', ca.key, '-out', ca.cert);
  return {
    /** The authority's certificate, which clients trust. */
    file: ca.cert,
    /** Key and certificate of a server for this name only, readable by its user. */
    issue: async (host: string, user?: { readonly uid: number; readonly gid: number }) => {
      const [key, request, cert, names] = ['key', 'csr', 'pem', 'names'].map((end) => path(`${host}.${end}`)) as [
        ...[string, string, string, string],
      ];
      await writeFile(names, `subjectAltName=DNS:${host}\n`);
      await openssl('req', ...newKey, '-subj', `/CN=${host}`, '-keyout', key, '-out', request);
      const signing = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-days', '1', '-extfile', names];
      await openssl('x509', '-req', '-in', request, ...signing, '-out', cert);
      if (user) for (const file of [key, cert]) await chown(file, user.uid, user.gid);
      return { key, cert };
    },
  };
};

/** The only name in the servers' certificates. */
const name = 'localhost';

type Files = { readonly ca: string; readonly key: string; readonly cert: string };

/** Refuses connections without TLS. */
const startPostgres = async (directory: string, { ca, key, cert }: Files) => {
  const tls = { ssl: 'on', ssl_key_file: key, ssl_cert_file: cert };
  const plain = await startNativePostgres(directory, { settings: tls });
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
  const plain = await startNativeRabbitmq(directory, {
    more: [listener, ...settings, ''].join('\n'),
  });
  const url = new URL(plain.amqpUrl.replace('amqp:', 'amqps:'));
  url.hostname = name;
  url.port = String(port);
  url.searchParams.set('cacertfile', ca);
  return { ...plain, amqpUrl: url.href, plainUrl: plain.amqpUrl };
};

/** PostgreSQL and RabbitMQ with TLS, certificates signed by a private authority, and URLs that name it. */
export const startTlsServers = async () => {
  const { found: why } = await findNativeBinaries();
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
    kind: 'native' as const,
    why,
    versions: await readVersions(postgres.adminUrl, broker.plainUrl),
    postgres,
    broker,
    /** Certificates of the authority that signed the servers', and of an unrelated one. */
    ca: ca!.file,
    strangersCa: strangers!.file,
    stop: async (): Promise<void> => {
      await Promise.all([postgres.kill(), broker.kill()]);
      await directory.remove();
    },
  };
};

export type TlsServers = Awaited<ReturnType<typeof startTlsServers>>;
