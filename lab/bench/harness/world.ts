import pg from 'pg';
import type { Backing } from '@mentor-sessions/local-stack/backing';
import { startBackingServices } from '@mentor-sessions/local-stack/backing';
import { beginTestRun } from '@mentor-sessions/lab/test-run';
import type { Scale } from './scale.ts';
import { parentOf } from './measure/proc.ts';

export type World = {
  readonly scale: Scale;
  readonly backing: Backing;
  /** Roots of the servers' process trees; null where they are not processes of this machine. */
  readonly servers: { readonly postgres: number | null; readonly broker: number | null };
  say(line: string): void;
  /** Before each measured stretch: what earlier ones left to be written is written. */
  checkpoint(): Promise<void>;
  close(): Promise<void>;
};

/** RabbitMQ's own default. The one broker of the tests has a gigabyte, and stops publishers while a million messages are in the making. */
const BROKER_MEMORY = '0.4';

const findServers = async ({ kind, postgres, broker }: Backing): Promise<World['servers']> => {
  if (kind !== 'native') return { postgres: null, broker: null };
  const client = new pg.Client({ connectionString: postgres.adminUrl });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = parentOf(rows[0]?.pid as number) ?? null;
  await client.end();
  const answer = await broker.control?.(['eval', 'os:getpid().']);
  return { postgres: postmaster, broker: Number(/\d+/.exec(answer ?? '')?.[0]) || null };
};

/** PostgreSQL and RabbitMQ for this run alone, as durable as they come. */
export const openWorld = async (scale: Scale, say: (line: string) => void): Promise<World> => {
  const backing = await startBackingServices({ durable: true, say });
  try {
    const close = await beginTestRun(backing);
    await backing.broker.control?.(['set_vm_memory_high_watermark', BROKER_MEMORY]);
    const admin = new pg.Pool({ connectionString: backing.postgres.adminUrl, max: 1 });
    return {
      scale,
      backing,
      servers: await findServers(backing),
      say,
      checkpoint: async () => void (await admin.query('checkpoint')),
      close: async () => {
        await admin.end();
        await close();
      },
    };
  } catch (error) {
    await backing.stop();
    throw error;
  }
};
