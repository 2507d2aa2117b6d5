/** `node lab/bench/simulation/run.ts`: CPU of a booking in each part, the capacity of deployments, and latency under load. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { quantile } from '../harness/statistics.ts';
import { mulberry32 } from '../../faults/random.ts';
import { exponential, sojourns, type Station } from './queue.ts';

type Kept = {
  readonly rows: readonly { readonly kind: string; readonly metrics: Record<string, { median: number }> }[];
};

/** Our medians in the last recorded run of a job (docs/benchmarks). */
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
  /** CPU time of one booking in this part (ms). */
  readonly ms: number;
  /** A process is one server; database and broker use all their cores. */
  readonly isOneThread: boolean;
};

/** Measured CPU of one accepted booking until its session exists, by part. */
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

const COUNT = 200_000;
const LOADS = [0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95];

/** Number of processes of each role, and of cores of each database and the broker. */
const deployments = [
  { name: 'one of each, 4 cores for each server', processes: 1, cores: 4 },
  { name: '8 of each, 16 cores for each server', processes: 8, cores: 16 },
];

const needs = await readNeeds();
const figure = (value: number, digits = 2): string => value.toFixed(digits);

console.log('| part | ms of a core for a booking | bookings/s of one core |\n| --- | --- | --- |');
for (const { name, ms } of needs) console.log(`| ${name} | ${figure(ms, 3)} | ${Math.round(1_000 / ms)} |`);
const total = needs.reduce((sum, { ms }) => sum + ms, 0);
console.log(`| all | ${figure(total, 3)} | ${Math.round(1_000 / total)} |`);

const serversOf = ({ isOneThread }: Need, { processes, cores }: { processes: number; cores: number }): number =>
  isOneThread ? processes : cores;

for (const deployment of deployments) {
  const stations: Station[] = needs.map((need) => ({
    name: need.name,
    servers: serversOf(need, deployment),
    service: exponential(need.ms),
  }));
  const capacities = needs.map((need) => ({ name: need.name, perMs: serversOf(need, deployment) / need.ms }));
  const first = capacities.reduce((least, each) => (each.perMs < least.perMs ? each : least));
  console.log(`\n${deployment.name}: ${Math.round(first.perMs * 1_000)} bookings/s, the ${first.name} is full first\n`);
  console.log('| load | bookings/s | p50 (ms) | p99 (ms) |\n| --- | --- | --- | --- |');
  for (const load of LOADS) {
    const perMs = first.perMs * load;
    const times = sojourns(stations, { perMs, count: COUNT, random: mulberry32(1) }).slice(COUNT / 20);
    const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
    console.log(`| ${Math.round(load * 100)} % | ${Math.round(perMs * 1_000)} | ${figure(p50)} | ${figure(p99)} |`);
  }
}
