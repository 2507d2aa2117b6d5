import { randomBytes } from 'node:crypto';
import { GenericContainer, ImageName, getContainerRuntimeClient } from 'testcontainers';
import type { Backing, Kept } from './servers.ts';
import { largestMessage } from './native-rabbitmq.ts';
import { guardOrphan } from './orphans.ts';
import { freePort, freePorts, loopback } from './ports.ts';
import { startBoth, waitForPostgres, waitForRabbitmq } from './readiness.ts';
import { createManagement } from './vhosts.ts';

/** Where the engine's published ports are reached. */
const dockerHost = async (): Promise<string> => {
  const { host } = (await getContainerRuntimeClient()).info.containerRuntime;
  return host === 'localhost' ? loopback : host;
};

const isThere = async (image: string): Promise<boolean> =>
  (await getContainerRuntimeClient()).image.exists(ImageName.fromString(image));

/** Whether the engine has the image, or gets it within `within` ms. An engine can answer and still be unable to pull. */
export const hasImage = async (image: string, within: number): Promise<boolean> => {
  if (await isThere(image)) return true;
  const { dockerode } = (await getContainerRuntimeClient()).container;
  try {
    const stream = await dockerode.pull(image, { abortSignal: AbortSignal.timeout(within) });
    await new Promise((resolve, reject) => {
      dockerode.modem.followProgress(stream, (error: Error | null) => (error ? reject(error) : resolve(undefined)));
    });
  } catch {
    return false;
  }
  return isThere(image);
};

/** Published on loopback only where the engine is on this machine. */
class GuardedContainer extends GenericContainer {
  id: string | undefined;
  private forget: (() => void) | undefined;

  protected override async beforeContainerCreated(): Promise<void> {
    if ((await dockerHost()) !== loopback) return;
    const bindings = (this.hostConfig.PortBindings ?? {}) as Record<string, { HostIp?: string }[]>;
    for (const binding of Object.values(bindings).flat()) binding.HostIp = loopback;
  }

  /** The watchdog removes it if this process dies: ryuk would too, but needs an image of its own. */
  protected override containerCreated(id: string): Promise<void> {
    this.id = id;
    this.forget = guardOrphan({ container: id });
    return Promise.resolve();
  }

  async remove(): Promise<void> {
    if (this.id !== undefined) await (await byId(this.id)).remove({ force: true, v: true });
    this.forget?.();
  }
}

const byId = async (id: string) => (await getContainerRuntimeClient()).container.getById(id);

type ContainerOptions = {
  readonly image: string;
  readonly environment: Record<string, string>;
  readonly command?: string[];
  /** Container port → host port, chosen beforehand: it stays the same when the container is stopped and started again. */
  readonly ports: Readonly<Record<number, number>>;
  readonly waitUntilReady: () => Promise<void>;
  /** A volume that stays, and where it is mounted. */
  readonly volume?: { readonly source: string; readonly target: string } | undefined;
};
const startContainer = async (options: ContainerOptions) => {
  const { image, environment, command = [], ports, waitUntilReady, volume } = options;
  const exposed = Object.entries(ports).map(([container, host]) => ({ container: Number(container), host }));
  const guarded = new GuardedContainer(image)
    .withAutoCleanup(false)
    .withEnvironment(environment)
    .withCommand(command)
    .withExposedPorts(...exposed);
  // the broker names its data after its host
  if (volume) guarded.withBindMounts([volume]).withHostname('kept');
  try {
    const started = await guarded.start();
    const container = await byId(started.getId());
    await waitUntilReady();
    return {
      stop: async () => void (await container.stop({ t: 20 })),
      kill: async () => void (await container.kill({ signal: 'SIGKILL' })),
      start: async () => {
        await container.start();
        await waitUntilReady();
      },
      /** Runs a command in it and returns what it printed. */
      run: async (command: readonly string[]) => (await started.exec([...command])).output,
      remove: async () => {
        if (volume) await container.stop({ t: 20 }).catch(() => undefined);
        await guarded.remove();
      },
    };
  } catch (error) {
    await guarded.remove();
    throw error;
  }
};

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
  return `the Docker engine does not have ${missing.join(' and ')} and could not pull them within ${pullWithin / 1_000} s`;
};

const newPassword = (): string => randomBytes(18).toString('base64url');

/** A crash of the process loses nothing with these; only a crash of the machine would. */
const hasty = ['-c', 'fsync=off', '-c', 'full_page_writes=off'];

/** Nothing of a row in the server's log, as in compose and Kubernetes. */
const discreet = ['log_parameter_max_length=0', 'log_parameter_max_length_on_error=0', 'log_error_verbosity=terse'];

type Given = { readonly host: string; readonly kept: Kept | undefined };

const volumeOf = (kept: Kept | undefined, server: string, target: string) =>
  kept && { source: `mentor-sessions-${kept.id}-${server}`, target };

const startPostgres = async ({ host, kept }: Given, durable: boolean) => {
  const [password, port] = [kept?.passwords.postgres ?? newPassword(), await freePort()];
  const adminUrl = `postgresql://administrator:${password}@${host}:${port}/postgres`;
  const container = await startContainer({
    image: images().postgres,
    environment: {
      POSTGRES_USER: 'administrator',
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: 'postgres',
      ...(kept && { PGDATA: '/kept/data' }),
    },
    volume: volumeOf(kept, 'postgres', '/kept'),
    command: [
      'postgres',
      '-c',
      'max_connections=300',
      ...discreet.flatMap((setting) => ['-c', setting]),
      ...(durable || kept ? ['-c', 'wal_level=logical'] : hasty),
    ],
    ports: { 5432: port },
    waitUntilReady: () => waitForPostgres(adminUrl),
  });
  return { ...container, adminUrl };
};

const startRabbitmq = async ({ host, kept }: Given) => {
  const password = kept?.passwords.rabbitmq ?? newPassword();
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
    volume: volumeOf(kept, 'rabbitmq', '/var/lib/rabbitmq'),
    ports: { 5672: amqp, 15672: management },
    waitUntilReady: () => waitForRabbitmq(amqpUrl, () => createManagement(managementUrl).get('overview')),
  });
  const control = (args: readonly string[]) => container.run(['rabbitmqctl', '--quiet', ...args]);
  return { ...container, amqpUrl, managementUrl, control };
};

type Options = { readonly durable?: boolean; readonly kept?: Kept | undefined };

/**
 * Containers of PostgreSQL and RabbitMQ on ports chosen beforehand; they are removed when it stops, and so are their volumes
 * unless their data is kept.
 */
export const startDocker = async (why: string, { durable = false, kept }: Options = {}): Promise<Backing> => {
  const given = { host: await dockerHost(), kept };
  const starting = [startPostgres(given, durable), startRabbitmq(given)] as const;
  return startBoth({ kind: 'docker', why }, starting, { end: (server) => server.remove() });
};
