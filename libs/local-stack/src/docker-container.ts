import { GenericContainer, ImageName, getContainerRuntimeClient } from 'testcontainers';
import type { Controllable } from './backing.ts';
import { guardOrphan } from './orphans.ts';
import { loopback } from './ports.ts';

/** Where the engine's published ports are reached. */
export const dockerHost = async (): Promise<string> => {
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

  /** Our watchdog removes it when we are gone: ryuk would do so too, but needs an image of its own. */
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

export type ContainerOptions = {
  readonly image: string;
  readonly environment: Record<string, string>;
  readonly command?: string[];
  /** Container port → host port, chosen beforehand: it stays the same when the container is stopped and started again. */
  readonly ports: Readonly<Record<number, number>>;
  readonly waitUntilReady: () => Promise<void>;
};
export type RunningContainer = Controllable & {
  /** Runs a command in it and gives what it printed. */
  run(command: readonly string[]): Promise<string>;
  remove(): Promise<void>;
};

export const startContainer = async (options: ContainerOptions): Promise<RunningContainer> => {
  const { image, environment, command = [], ports, waitUntilReady } = options;
  const exposed = Object.entries(ports).map(([container, host]) => ({ container: Number(container), host }));
  const guarded = new GuardedContainer(image)
    .withAutoCleanup(false)
    .withEnvironment(environment)
    .withCommand(command)
    .withExposedPorts(...exposed);
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
      run: async (command) => (await started.exec([...command])).output,
      remove: () => guarded.remove(),
    };
  } catch (error) {
    await guarded.remove();
    throw error;
  }
};
