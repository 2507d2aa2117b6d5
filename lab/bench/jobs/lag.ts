import type { Job, Sample } from '../harness/job.ts';
import { atRate, openConnection } from '../harness/load.ts';
import { startMeter } from '../harness/measure/meter.ts';
import { onStage, type Stage } from '../harness/stage.ts';
import { stopAll } from '../harness/processes.ts';
import type { Scale, World } from '../harness/world.ts';
import { percentiles } from '../harness/statistics.ts';
import { flows, type Flow, type Part, type Started, emptySessions, watchSessions } from './flow.ts';
import { acceptRequests, onlyDrafts } from './http.ts';

const RATES = [50, 300] as const;
const WARM_PER_SECOND = 100;

const sizes: Record<Scale, { warm: number; seconds: number }> = {
  smoke: { warm: 10, seconds: 0.1 },
  quick: { warm: 100, seconds: 2 },
  full: { warm: 500, seconds: 8 },
  long: { warm: 500, seconds: 8 },
};

const running: readonly Part[] = ['api', 'relay', 'consumer', 'sessionsRelay'];

type Lag = { readonly perSecond: number; readonly requests: readonly { id: string; request: string }[] };

/** From the response to accept until another connection sees the session (ms); 0: the session was first. */
const measureLag = async (url: string, stage: Stage, { perSecond, requests }: Lag): Promise<number[]> => {
  const watch = watchSessions(stage.sessions);
  // opened when needed: the server answers 408 if nothing is sent for 5 s
  const all: ReturnType<typeof openConnection>[] = [];
  const free: typeof all = [];
  const open = () => {
    const connection = openConnection(url);
    all.push(connection);
    return connection;
  };
  const answeredAt = new Map<string, number>();
  await atRate(perSecond, requests.length, async (n) => {
    const { id, request } = requests[n] as (typeof requests)[number];
    const connection = free.pop() ?? open();
    watch.expect(id);
    await connection.ask(request);
    answeredAt.set(id, performance.now());
    free.push(connection);
  });
  const seenAt = await watch.all();
  for (const connection of all) connection.close();
  return requests.map(({ id }) => Math.max(0, (seenAt.get(id) as number) - (answeredAt.get(id) as number)));
};

const round = async (world: World, stage: Stage, flow: Flow): Promise<Sample> => {
  const { warm, seconds } = sizes[world.scale];
  const counts = RATES.map((rate) => rate * seconds);
  await emptySessions(stage);
  const ids = await onlyDrafts(stage, warm + counts.reduce((a, b) => a + b, 0));
  const accepting = await acceptRequests(stage, ids);
  const all = ids.map((id, n) => ({ id, request: accepting[n] as string }));
  const processes: Started[] = [];
  const sample: Record<string, number> = {};
  try {
    for (const part of running) processes.push(await flow.start(stage, part));
    const url = processes[0]?.url as string;
    await measureLag(url, stage, { perSecond: WARM_PER_SECOND, requests: all.splice(0, warm) });
    for (const perSecond of RATES) {
      await world.checkpoint();
      const requests = all.splice(0, perSecond * seconds);
      const stop = startMeter(world, processes);
      const lags = await measureLag(url, stage, { perSecond, requests });
      sample[`node${perSecond}`] = stop().node / requests.length;
      Object.assign(sample, percentiles(`lag${perSecond}`, lags));
    }
    return sample;
  } finally {
    await stopAll(processes);
  }
};

const metricsOf = (rate: number): Job['metrics'] => ({
  [`lag${rate}P50`]: { title: `lag at ${rate}/s, p50`, unit: 'ms', isCharted: true },
  [`lag${rate}P90`]: { title: 'p90', unit: 'ms' },
  [`lag${rate}P99`]: { title: `lag at ${rate}/s, p99`, unit: 'ms', isCharted: true },
  [`node${rate}`]: { title: 'CPU, Node', unit: 'µs each' },
});

export const lagJob: Job = {
  name: 'lag',
  title: 'From the response to accept until the session can be read, at a steady rate of requests.',
  metrics: { ...metricsOf(50), ...metricsOf(300) },
  candidates: () => flows.map((flow) => onStage(flow, { round: (world, stage) => round(world, stage, flow) })),
  goals: RATES.flatMap((rate) => [
    { metric: `lag${rate}P50`, atMost: 1.15 },
    { metric: `lag${rate}P99`, atMost: 1.2 },
  ]),
};
