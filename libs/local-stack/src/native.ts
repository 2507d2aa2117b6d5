import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backing } from './backing.ts';
import { ensureNativeBinaries, findPostgres, findRabbitmq } from './native-binaries.ts';
import { startNativePostgres } from './native-postgres.ts';
import { durableSettings } from './native-postgres-process.ts';
import { startNativeRabbitmq } from './native-rabbitmq.ts';
import { guardOrphan } from './orphans.ts';
import { readVersions } from './versions.ts';

/** Private processes in a temporary directory; nothing of it is left when it stops. */
export const startNative = async (
  why: string,
  { say, durable }: { readonly say: (line: string) => void; readonly durable: boolean },
): Promise<Backing> => {
  const found = await ensureNativeBinaries(say);
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-'));
  await chmod(directory, 0o755);
  const forget = guardOrphan({ directory });
  const starting = [
    startNativePostgres(findPostgres() as string, join(directory, 'postgres'), durable ? durableSettings : {}),
    startNativeRabbitmq(findRabbitmq() as string, join(directory, 'rabbitmq')),
  ] as const;
  const remove = async (): Promise<void> => {
    const started = await Promise.allSettled(starting);
    for (const each of started) if (each.status === 'fulfilled') await each.value.kill();
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    forget();
  };
  try {
    const [postgres, broker] = await Promise.all(starting);
    const versions = await readVersions(postgres.adminUrl, broker.amqpUrl);
    return { kind: 'native', why: `${why}; ${found}`, versions, postgres, broker, stop: remove };
  } catch (error) {
    await remove();
    throw error;
  }
};
