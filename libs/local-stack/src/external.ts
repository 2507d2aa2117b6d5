import type { Backing, Controllable } from './backing.ts';
import { createManagement } from './management.ts';
import { waitForPostgres } from './readiness.ts';
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
    () => Promise.reject(new Error(`an external server is not ours to ${act}`)),
  ]),
) as unknown as Controllable;

/** Servers that someone else runs: they cannot be stopped or started from here. */
export const startExternal = async (): Promise<Backing> => {
  const [databaseUrl, brokerUrl] = [required('LOCAL_STACK_DATABASE_URL'), required('LOCAL_STACK_AMQP_URL')];
  await waitForPostgres(databaseUrl);
  const managementUrl = await findManagement(brokerUrl);
  const versions = await readVersions(databaseUrl, brokerUrl);
  return {
    kind: 'external',
    why: 'LOCAL_STACK=external',
    versions,
    postgres: { ...notOurs, adminUrl: databaseUrl },
    broker: { ...notOurs, amqpUrl: brokerUrl, managementUrl },
    stop: () => Promise.resolve(),
  };
};
