import { randomBytes } from 'node:crypto';
import { getContainerRuntimeClient } from 'testcontainers';
import type { Backing, Broker, PostgresServer } from './backing.ts';
import { dockerHost, hasImage, startContainer } from './docker-container.ts';
import type { RunningContainer } from './docker-container.ts';
import { largestMessage } from './native-rabbitmq-files.ts';
import { createManagement } from './management.ts';
import { freePort, freePorts } from './ports.ts';
import { waitForPostgres, waitForRabbitmq } from './readiness.ts';
import { readVersions } from './versions.ts';

const images = () => ({
  postgres: process.env['POSTGRES_IMAGE'] ?? 'postgres:17',
  rabbitmq: process.env['RABBITMQ_IMAGE'] ?? 'rabbitmq:4-management',
});

/** Why Docker cannot be used here, in a few words; undefined if it can. `pullWithin` in milliseconds, for each image. */
export const whyNotDocker = async (pullWithin: number): Promise<string | undefined> => {
  try {
    await getContainerRuntimeClient();
  } catch {
    return 'no Docker engine answers';
  }
  const wanted = Object.values(images());
  const there = await Promise.all(wanted.map((image) => hasImage(image, pullWithin)));
  const missing = wanted.filter((_, index) => !there[index]);
  if (missing.length === 0) return undefined;
  return `the Docker engine has not ${missing.join(' and ')} and could not pull within ${pullWithin / 1_000} s`;
};

const newPassword = (): string => randomBytes(18).toString('base64url');

/** A crash of the process loses nothing with these; only a crash of the machine would. */
const hasty = ['-c', 'fsync=off', '-c', 'full_page_writes=off'];

/** Nothing of a row in the server's log, as in compose and Kubernetes. */
const discreet = ['log_parameter_max_length=0', 'log_parameter_max_length_on_error=0', 'log_error_verbosity=terse'];

const startPostgres = async (host: string, durable: boolean): Promise<PostgresServer & RunningContainer> => {
  const [password, port] = [newPassword(), await freePort()];
  const adminUrl = `postgresql://administrator:${password}@${host}:${port}/postgres`;
  const container = await startContainer({
    image: images().postgres,
    environment: { POSTGRES_USER: 'administrator', POSTGRES_PASSWORD: password, POSTGRES_DB: 'postgres' },
    command: [
      ...['postgres', '-c', 'max_connections=300', ...discreet.flatMap((setting) => ['-c', setting])],
      ...(durable ? ['-c', 'wal_level=logical'] : hasty),
    ],
    ports: { 5432: port },
    waitUntilReady: () => waitForPostgres(adminUrl),
  });
  return { ...container, adminUrl };
};

const startRabbitmq = async (host: string): Promise<Broker & RunningContainer> => {
  const password = newPassword();
  const [amqp, management] = (await freePorts(2)) as [number, number];
  const amqpUrl = `amqp://administrator:${password}@${host}:${amqp}`;
  const managementUrl = `http://administrator:${password}@${host}:${management}`;
  const container = await startContainer({
    image: images().rabbitmq,
    environment: {
      RABBITMQ_DEFAULT_USER: 'administrator',
      RABBITMQ_DEFAULT_PASS: password,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -rabbit max_message_size ${largestMessage}`,
    },
    ports: { 5672: amqp, 15672: management },
    waitUntilReady: () => waitForRabbitmq(amqpUrl, () => createManagement(managementUrl).get('overview')),
  });
  const control = (args: readonly string[]) => container.run(['rabbitmqctl', '--quiet', ...args]);
  return { ...container, amqpUrl, managementUrl, control };
};

/** Containers of PostgreSQL and RabbitMQ on ports chosen beforehand; they and their volumes are removed when it stops. */
export const startDocker = async (why: string, durable = false): Promise<Backing> => {
  const host = await dockerHost();
  const starting = [startPostgres(host, durable), startRabbitmq(host)] as const;
  const stop = async (): Promise<void> => {
    const started = await Promise.allSettled(starting);
    for (const each of started) if (each.status === 'fulfilled') await each.value.remove();
  };
  try {
    const [postgres, broker] = await Promise.all(starting);
    const versions = await readVersions(postgres.adminUrl, broker.amqpUrl);
    return { kind: 'docker', why, versions, postgres, broker, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
