import { readFile } from 'node:fs/promises';
import { query } from '@mentor-sessions/local-stack/databases';
import type { FaultWorld } from '../world/fault-world.ts';
import type { Role } from '../world/roles.ts';
import { until } from '../list/steps.ts';

/** What a process holds after a garbage collection: bytes and counts. */
export type Held = {
  readonly heapUsed: number;
  readonly rss: number;
  readonly handles: number;
  readonly descriptors: number;
};
export type Sample = {
  readonly seconds: number;
  readonly processes: Readonly<Record<string, Held>>;
  readonly databaseConnections: number;
  readonly bookings: number;
};

const answers = async ({ logFile }: Role): Promise<string[]> =>
  (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{"msg":"held"'));

const ask = async (role: Role): Promise<Held> => {
  const before = (await answers(role)).length;
  role.current().signal('SIGUSR2');
  const answered = await until(async () => (await answers(role)).length > before, 10_000);
  if (!answered) throw new Error(`${role.name} does not say what it holds`);
  return JSON.parse((await answers(role)).at(-1) as string) as Held;
};

const connections = async ({ backing }: FaultWorld): Promise<number> => {
  const sql = "select count(*)::int as n from pg_stat_activity where usename like '%\\_app'";
  return (await query<{ n: number }>(backing.postgres.adminUrl, sql))[0]?.n ?? 0;
};

export const takeSample = async (world: FaultWorld, startedAt: number): Promise<Sample> => {
  const held = await Promise.all(world.allRoles().map(async (role) => [role.name, await ask(role)] as const));
  return {
    seconds: Math.round((performance.now() - startedAt) / 1_000),
    processes: Object.fromEntries(held),
    databaseConnections: await connections(world),
    bookings: world.workload.begun(),
  };
};
