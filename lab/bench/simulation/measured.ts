import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

type Kept = {
  readonly rows: readonly { readonly kind: string; readonly metrics: Record<string, { median: number }> }[];
};

/** Medians of ours in the last kept run of a job (docs/benchmarks). */
const ours = async (job: string): Promise<(metric: string) => number> => {
  const file = join(import.meta.dirname, '../../../docs/benchmarks', `${job}.json`);
  const { rows } = JSON.parse(await readFile(file, 'utf8')) as Kept;
  const metrics = rows.find(({ kind }) => kind === 'ours')?.metrics ?? {};
  return (metric) => {
    const median = metrics[metric]?.median;
    if (median === undefined) throw new Error(`${job} has no ${metric}`);
    return median;
  };
};

export type Need = {
  readonly name: string;
  /** Processor time of one booking there (ms). */
  readonly ms: number;
  /** One process is one server; the database and the broker use as many cores as they have. */
  readonly isOneThread: boolean;
};

/** What one accepted booking costs on its way to its session, by who pays it, as measured. */
export const readNeeds = async (): Promise<Need[]> => {
  const [accept, relay, consumer] = await Promise.all(['accept', 'relay', 'consumer'].map(ours));
  if (!accept || !relay || !consumer) throw new Error('nothing was measured');
  const ms = (us: number): number => us / 1_000;
  return [
    { name: 'api of bookings', ms: ms(accept('node10')), isOneThread: true },
    { name: 'database of bookings', ms: ms(accept('postgres10') + relay('cpuPostgres')), isOneThread: false },
    { name: 'relay of bookings', ms: ms(relay('cpuNode')), isOneThread: true },
    { name: 'broker', ms: ms(relay('cpuBroker') + consumer('cpuBroker')), isOneThread: false },
    { name: 'consumer of sessions', ms: ms(consumer('cpuNode')), isOneThread: true },
    { name: 'database of sessions', ms: ms(consumer('cpuPostgres')), isOneThread: false },
  ];
};
