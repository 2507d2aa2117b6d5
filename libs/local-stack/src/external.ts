import type { Backing, Controllable } from './backing.ts';
import { createManagement } from './management.ts';
import { loopback } from './ports.ts';
import { waitForPostgres } from './readiness.ts';
import { openTcpGate } from './tcp-gate.ts';
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

const behindGate = async (url: string, defaultPort: number): Promise<Controllable & { url: string; close(): void }> => {
  const target = new URL(url);
  const gate = await openTcpGate({ host: target.hostname, port: Number(target.port || defaultPort) });
  target.hostname = loopback;
  target.port = String(gate.port);
  return { ...gate, url: target.href, close: () => void gate.stop() };
};

const inFront = (url: string, port: number, gated: boolean) =>
  gated ? behindGate(url, port) : Promise.resolve({ ...notOurs, url, close: () => undefined });

/** Servers that somebody else runs. For a test that stops them (`gated`) a port of our own stands in front of each. */
export const startExternal = async (gated: boolean): Promise<Backing> => {
  const [databaseUrl, brokerUrl] = [required('LOCAL_STACK_DATABASE_URL'), required('LOCAL_STACK_AMQP_URL')];
  await waitForPostgres(databaseUrl);
  const managementUrl = await findManagement(brokerUrl);
  const versions = await readVersions(databaseUrl, brokerUrl);
  const postgres = await inFront(databaseUrl, 5432, gated);
  const broker = await inFront(brokerUrl, 5672, gated);
  return {
    kind: 'external',
    why: 'LOCAL_STACK=external',
    versions,
    postgres: { ...postgres, adminUrl: postgres.url },
    broker: { ...broker, amqpUrl: broker.url, managementUrl },
    stop: () => {
      postgres.close();
      broker.close();
      return Promise.resolve();
    },
  };
};
