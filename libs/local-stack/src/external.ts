import type { Backing, Controllable } from './backing.ts';
import { createManagement } from './management.ts';
import { waitForPostgres } from './readiness.ts';
import { openTcpProxy } from './proxy/tcp-proxy.ts';
import { readVersions } from './versions.ts';

const required = (name: string): string => {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`LOCAL_STACK=external needs ${name}`);
};

/** With the AMQP administrator's credentials unless it brings its own; null if nothing answers there. */
const findManagement = async (amqpUrl: string): Promise<string | null> => {
  const amqp = new URL(amqpUrl);
  const url = new URL(process.env['LOCAL_STACK_MANAGEMENT_URL'] ?? `http://${amqp.hostname}:15672`);
  url.username ||= amqp.username;
  url.password ||= amqp.password;
  const answers = await createManagement(url.href)
    .get('overview')
    .then(
      () => true,
      () => false,
    );
  return answers ? url.href : null;
};

const notOurs: Controllable = Object.fromEntries(
  (['stop', 'kill', 'start'] as const).map((act) => [
    act,
    () => Promise.reject(new Error(`an external server is not ours to ${act}: use one with purpose "private"`)),
  ]),
) as unknown as Controllable;

type InFront = Controllable & { readonly url: string; close(): Promise<void> };

/** To its clients, a server whose connections are cut and refused has stopped. */
const behindProxy = async (url: string, defaultPort: number): Promise<InFront> => {
  const { hostname: host, port } = new URL(url);
  const proxy = await openTcpProxy({ target: { host, port: Number(port || defaultPort) } });
  const stop = async (): Promise<void> => {
    proxy.refuse();
    proxy.reset();
  };
  return { url: proxy.through(url), stop, kill: stop, start: async () => proxy.heal(), close: () => proxy.close() };
};

const inFront = async (url: string, port: number, proxied: boolean): Promise<InFront> =>
  proxied ? behindProxy(url, port) : { ...notOurs, url, close: async () => undefined };

/** Servers that somebody else runs. For a test that stops them (`proxied`) a proxy of our own stands in front of each. */
export const startExternal = async (proxied: boolean): Promise<Backing> => {
  const [databaseUrl, brokerUrl] = [required('LOCAL_STACK_DATABASE_URL'), required('LOCAL_STACK_AMQP_URL')];
  await waitForPostgres(databaseUrl);
  const managementUrl = await findManagement(brokerUrl);
  const versions = await readVersions(databaseUrl, brokerUrl);
  const postgres = await inFront(databaseUrl, 5432, proxied);
  const broker = await inFront(brokerUrl, 5672, proxied);
  return {
    kind: 'external',
    why: 'LOCAL_STACK=external',
    versions,
    postgres: { ...postgres, adminUrl: postgres.url },
    broker: { ...broker, amqpUrl: broker.url, managementUrl },
    stop: async () => {
      await postgres.close();
      await broker.close();
    },
  };
};
