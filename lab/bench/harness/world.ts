import pg from 'pg';
import { sayBacking, startBackingServices, type Backing } from '@mentor-sessions/local-stack/backing';
import { currentCommit } from '@mentor-sessions/lab/generated-part';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { beginTestRun } from '@mentor-sessions/lab/test-run';
import { parentOf } from './measure/proc.ts';
import { cpus, release, totalmem } from 'node:os';

/** smoke: part of `npm run lab`. quick: three minutes for all jobs. full: `npm run bench`. long: `npm run bench:long`. */
export type Scale = 'smoke' | 'quick' | 'full' | 'long';

/** RabbitMQ's default. The broker of the tests has a limit of one gigabyte and would block publishers during a backlog of a million messages. */
const BROKER_MEMORY = '0.4';

/** Roots of the servers' process trees; null where they are not processes of this machine. */
const findServers = async ({ kind, postgres, broker }: Backing) => {
  if (kind !== 'native') return { postgres: null, broker: null };
  const client = await connected(postgres.adminUrl);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = parentOf(rows[0]?.pid as number) ?? null;
  await client.end();
  const answer = await broker.control?.(['eval', 'os:getpid().']);
  return { postgres: postmaster, broker: Number(/\d+/.exec(answer ?? '')?.[0]) || null };
};

/** PostgreSQL and RabbitMQ for this run, with their default durability. */
export const openWorld = async (scale: Scale, say: (line: string) => void) => {
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
      /** Writes what earlier rounds left in memory; called before each measurement. */
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

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Machine and versions of a run; figures of different machines cannot be compared. */
export const describeMachine = ({ backing, scale }: World) => ({
  date: new Date().toISOString().slice(0, 16) + 'Z',
  commit: currentCommit(),
  processors: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  kernel: release(),
  node: process.versions.node,
  servers: sayBacking(backing),
  scale,
});

export type Machine = ReturnType<typeof describeMachine>;
