import type { Backing } from './backing.ts';

export type Purpose =
  /** `npm start`. */
  | 'start'
  /** The PostgreSQL and RabbitMQ of a whole test run. */
  | 'tests'
  /** For one test that stops and starts them. */
  | 'private';
export type BackingOptions = { readonly purpose: Purpose; readonly say?: (line: string) => void };

const forcedPull = 600_000;
const unforcedPull = 20_000;

const forced = (kind: string): string => `LOCAL_STACK=${kind}`;

const startForcedDocker = async (): Promise<Backing> => {
  const { startDocker, whyNotDocker } = await import('./docker.ts');
  const reason = await whyNotDocker(forcedPull);
  if (reason) throw new Error(`LOCAL_STACK=docker, but ${reason}`);
  return startDocker(forced('docker'));
};

const startNative = async (why: string, say: (line: string) => void): Promise<Backing> =>
  (await import('./native.ts')).startNative(why, say);

const startDockerOrNative = async (say: (line: string) => void): Promise<Backing> => {
  const { startDocker, whyNotDocker } = await import('./docker.ts');
  const reason = await whyNotDocker(unforcedPull);
  if (reason) return startNative(reason, say);
  try {
    return await startDocker('a Docker engine answers and has the images');
  } catch (error) {
    const failed = `Docker failed (${error instanceof Error ? error.message : String(error)})`;
    say(`${failed}; trying the binaries of this machine`);
    return startNative(failed, say);
  }
};

/**
 * PostgreSQL and RabbitMQ, in this order: given ones (LOCAL_STACK=external), containers, private processes of this machine.
 * `LOCAL_STACK` forces one of the three.
 */
export const startBackingServices = async ({ purpose, say = () => undefined }: BackingOptions): Promise<Backing> => {
  const wanted = process.env['LOCAL_STACK'];
  switch (wanted) {
    case undefined:
    case '':
      return startDockerOrNative(say);
    case 'external':
      return (await import('./external.ts')).startExternal(purpose === 'private');
    case 'docker':
      return startForcedDocker();
    case 'native':
      return startNative(forced('native'), say);
    default:
      throw new Error(`LOCAL_STACK is external, docker or native, not "${wanted}"`);
  }
};
