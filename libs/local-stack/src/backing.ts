import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNativeBinaries } from './binaries.ts';
import { durableSettings, startNativePostgres } from './native-postgres.ts';
import { startNativeRabbitmq } from './native-rabbitmq.ts';
import { guardOrphan } from './orphans.ts';
import { startBoth, waitForPostgres } from './readiness.ts';
import type { Controllable, Backing, BackingDescription, Kept } from './servers.ts';
import { createManagement } from './vhosts.ts';

export type * from './servers.ts';

/** `PostgreSQL 15.14 and RabbitMQ 3.10.8, native: …` */
export const sayBacking = ({ kind, why, versions }: BackingDescription): string =>
  `PostgreSQL ${versions.postgres} and RabbitMQ ${versions.rabbitmq}, ${kind}: ${why}`;

export type BackingOptions = {
  readonly say?: (line: string) => void;
  /** PostgreSQL syncs each commit to disk. Default: no, which is faster. For benchmarks. */
  readonly durable?: boolean;
  /** Data that stays. Default: nothing does. */
  readonly kept?: Kept | undefined;
};

const required = (name: string): string => {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`LOCAL_STACK=external needs ${name}`);
};

/** With the AMQP administrator's credentials unless the URL has its own; null if it does not respond. */
const findManagement = async (amqpUrl: string): Promise<string | null> => {
  const amqp = new URL(amqpUrl);
  const url = new URL(process.env['LOCAL_STACK_MANAGEMENT_URL'] ?? `http://${amqp.hostname}:15672`);
  url.username ||= amqp.username;
  url.password ||= amqp.password;
  return createManagement(url.href)
    .get('overview')
    .then(() => url.href)
    .catch(() => null);
};

const refuse = () => Promise.reject(new Error('cannot stop or start an external server'));
const notOurs: Controllable = { stop: refuse, kill: refuse, start: refuse };

/** Servers that are not ours to stop or start. */
const startExternal = async (): Promise<Backing> => {
  const [databaseUrl, brokerUrl] = [required('LOCAL_STACK_DATABASE_URL'), required('LOCAL_STACK_AMQP_URL')];
  await waitForPostgres(databaseUrl);
  const starting = [
    Promise.resolve({ ...notOurs, adminUrl: databaseUrl }),
    Promise.resolve({ ...notOurs, amqpUrl: brokerUrl, managementUrl: await findManagement(brokerUrl) }),
  ] as const;
  return startBoth({ kind: 'external', why: 'LOCAL_STACK=external' }, starting, { end: () => Promise.resolve() });
};

/** Nothing of it is left after `remove`, or when this process dies. */
const temporaryDirectory = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-'));
  await chmod(directory, 0o755);
  const forget = guardOrphan({ directory });
  const remove = async (): Promise<void> => {
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    forget();
  };
  return { directory, remove };
};

/** Private processes, in the folder of `kept` or in a temporary directory. */
const startNative = async (why: string, { say, durable, kept }: BackingOptions): Promise<Backing> => {
  const { found } = await findNativeBinaries(say);
  const { directory, remove } = kept ? { directory: kept.folder } : await temporaryDirectory();
  const settings = durable || kept ? durableSettings : {};
  const { passwords } = kept ?? {};
  const starting = [
    startNativePostgres(join(directory, 'postgres'), { settings, password: passwords?.postgres }),
    startNativeRabbitmq(join(directory, 'rabbitmq'), { password: passwords?.rabbitmq }),
  ] as const;
  const end = (server: Controllable) => (kept ? server.stop() : server.kill());
  return startBoth({ kind: 'native', why: `${why}; ${found}` }, starting, { end, afterwards: remove });
};

const PULL_MS = 20_000;
const FORCED_PULL_MS = 600_000;

const startDockerOrNative = async (options: BackingOptions): Promise<Backing> => {
  const { startDocker, whyNotDocker } = await import('./docker.ts');
  const reason = await whyNotDocker(PULL_MS);
  if (reason) return startNative(reason, options);
  try {
    return await startDocker('a Docker engine answers and has the images', options);
  } catch (error) {
    const failed = `Docker failed (${error instanceof Error ? error.message : String(error)})`;
    options.say?.(`${failed}; trying the binaries of this machine`);
    return startNative(failed, options);
  }
};

/**
 * PostgreSQL and RabbitMQ: external servers, containers or private processes of this machine, as `LOCAL_STACK` says.
 * Without it, Docker if an engine has the images, otherwise native.
 */
export const startBackingServices = async (options: BackingOptions = {}): Promise<Backing> => {
  const wanted = process.env['LOCAL_STACK'] ?? '';
  const why = `LOCAL_STACK=${wanted}`;
  if (wanted === '') return startDockerOrNative(options);
  if (wanted === 'native') return startNative(why, options);
  if (wanted === 'external' && options.kept)
    throw new Error(`${why}: those servers keep their data or not, as you set them up`);
  if (wanted === 'external') return startExternal();
  if (wanted !== 'docker') throw new Error(`LOCAL_STACK is external, docker or native, not "${wanted}"`);
  const { startDocker, whyNotDocker } = await import('./docker.ts');
  const reason = await whyNotDocker(FORCED_PULL_MS);
  if (reason) throw new Error(`${why}, but ${reason}`);
  return startDocker(why, options);
};
