import type { Backing } from './backing.ts';

export type BackingOptions = {
  readonly say?: ((line: string) => void) | undefined;
  /** PostgreSQL writes to the disk before it answers; default: no, which is faster. For benchmarks. */
  readonly durable?: boolean;
};

const forcedPull = 600_000;
const unforcedPull = 20_000;

const forced = (kind: string): string => `LOCAL_STACK=${kind}`;

const startForcedDocker = async (durable: boolean): Promise<Backing> => {
  const { startDocker, whyNotDocker } = await import('./docker.ts');
  const reason = await whyNotDocker(forcedPull);
  if (reason) throw new Error(`LOCAL_STACK=docker, but ${reason}`);
  return startDocker(forced('docker'), durable);
};

type Native = { readonly say: (line: string) => void; readonly durable: boolean };

const startNative = async (why: string, native: Native): Promise<Backing> =>
  (await import('./native.ts')).startNative(why, native);

const startDockerOrNative = async (native: Native): Promise<Backing> => {
  const { startDocker, whyNotDocker } = await import('./docker.ts');
  const reason = await whyNotDocker(unforcedPull);
  if (reason) return startNative(reason, native);
  try {
    return await startDocker('a Docker engine answers and has the images', native.durable);
  } catch (error) {
    const failed = `Docker failed (${error instanceof Error ? error.message : String(error)})`;
    native.say(`${failed}; trying the binaries of this machine`);
    return startNative(failed, native);
  }
};

/**
 * PostgreSQL and RabbitMQ, in this order: given ones (LOCAL_STACK=external), containers, private processes of this machine.
 * `LOCAL_STACK` forces one of the three.
 */
export const startBackingServices = async ({
  say = () => undefined,
  durable = false,
}: BackingOptions = {}): Promise<Backing> => {
  const wanted = process.env['LOCAL_STACK'];
  const native = { say, durable };
  switch (wanted) {
    case undefined:
    case '':
      return startDockerOrNative(native);
    case 'external':
      return (await import('./external.ts')).startExternal();
    case 'docker':
      return startForcedDocker(native.durable);
    case 'native':
      return startNative(forced('native'), native);
    default:
      throw new Error(`LOCAL_STACK is external, docker or native, not "${wanted}"`);
  }
};
