import type { Candidate, Job, Sample } from '../harness/job.ts';
import { load, patchRequest } from '../harness/load.ts';
import { startMeter } from '../harness/measure/meter.ts';
import { onStage } from '../harness/on-stage.ts';
import type { Process } from '../harness/processes.ts';
import type { Scale } from '../harness/scale.ts';
import type { Stage } from '../harness/stage.ts';
import { percentiles } from '../harness/statistics.ts';
import type { World } from '../harness/world.ts';
import { mentors } from './http/mentors.ts';

const sizes: Record<Scale, { warm: number; requests: number }> = {
  smoke: { warm: 10, requests: 60 },
  quick: { warm: 500, requests: 1_500 },
  full: { warm: 12_000, requests: 6_000 },
  long: { warm: 12_000, requests: 6_000 },
};

const CONNECTIONS = [10, 50] as const;

/** What is asked of an api `count` times: each request is about a row of its own. */
export type Asked = {
  /** Tables as on the first day, but for `count` rows that wait for the request; gives their ids, owned by the mentors in turn. */
  readonly prepare: (stage: Stage, count: number) => Promise<string[]>;
  readonly path: (id: string) => string;
  /** How many of them have had their effect, event included. */
  readonly done: (stage: Stage) => Promise<number>;
};

export type Api = Pick<Candidate, 'name' | 'kind'> & {
  readonly start: (stage: Stage) => Promise<Process & { readonly url: string }>;
};

const round = async (world: World, stage: Stage, { api, asked }: { api: Api; asked: Asked }): Promise<Sample> => {
  const { warm, requests } = sizes[world.scale];
  const ids = await asked.prepare(stage, warm + CONNECTIONS.length * requests);
  const tokens = await Promise.all(mentors.map((mentor) => stage.stack.token(mentor)));
  const all = ids.map((id, n) => patchRequest(asked.path(id), tokens[n % tokens.length] as string));
  const process = await api.start(stage);
  const sample: Record<string, number> = {};
  try {
    await load(process.url, all.splice(0, warm), CONNECTIONS[0]);
    for (const connections of CONNECTIONS) {
      await world.checkpoint();
      const stop = startMeter(world, [process.pid]);
      const latencies = await load(process.url, all.splice(0, requests), connections);
      const { seconds, node, postgres, memory } = stop();
      sample[`rate${connections}`] = requests / seconds;
      sample[`node${connections}`] = node / requests;
      sample[`postgres${connections}`] = postgres / requests;
      Object.assign(sample, percentiles(`latency${connections}`, latencies), { memory });
    }
    const done = await asked.done(stage);
    if (done !== ids.length) throw new Error(`${done} of ${ids.length} requests had their effect`);
    return sample;
  } finally {
    await process.stop();
  }
};

const metricsOf = (connections: number): Job['metrics'] => ({
  [`rate${connections}`]: { title: `rate, ${connections} connections`, unit: 'requests/s', isCharted: true },
  [`node${connections}`]: { title: 'CPU, Node', unit: 'µs each', isCharted: true },
  [`postgres${connections}`]: { title: 'CPU, PostgreSQL', unit: 'µs each' },
  [`latency${connections}P50`]: { title: 'p50', unit: 'ms' },
  [`latency${connections}P90`]: { title: 'p90', unit: 'ms' },
  [`latency${connections}P99`]: { title: 'p99', unit: 'ms' },
});

export const httpJob = (about: Pick<Job, 'name' | 'title'>, asked: Asked, apis: readonly Api[]): Job => ({
  ...about,
  metrics: { ...metricsOf(10), ...metricsOf(50), memory: { title: 'peak memory, Node', unit: 'MiB' } },
  candidates: () => apis.map((api) => onStage(api, { round: (world, stage) => round(world, stage, { api, asked }) })),
  goals: CONNECTIONS.flatMap((connections) => [
    { metric: `rate${connections}`, atLeast: 0.7 },
    { metric: `node${connections}`, atMost: 1.4 },
  ]),
});
