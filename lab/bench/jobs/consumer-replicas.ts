import type { Candidate, Job } from '../harness/job.ts';
import { perEventMetrics } from '../harness/measure/meter.ts';
import { openStage } from '../harness/stage.ts';
import type { Scale } from '../harness/scale.ts';
import { consumeAll, type Size } from './consumer.ts';
import { leastShare } from './replicas/shares.ts';

/**
 * In all, by one as by eight: an event costs PostgreSQL half as much again when its tables hold a hundred thousand rows. So
 * many come before the meter starts that each of eight has its code compiled as well.
 */
const sizes: Record<Scale, Size> = {
  smoke: { messages: 200, warm: 20 },
  quick: { messages: 20_000, warm: 10_000 },
  full: { messages: 130_000, warm: 100_000 },
  long: { messages: 130_000, warm: 100_000 },
};

const nameOf = (replicas: number): string => (replicas === 1 ? '1 consumer' : `${replicas} consumers`);

const candidate = (replicas: number): Candidate => ({
  name: nameOf(replicas),
  kind: 'ours',
  setUp: async (world) => {
    const stage = await openStage();
    const size = sizes[world.scale];
    const start = () => Promise.all(Array.from({ length: replicas }, () => stage.start('sessions consumer')));
    const fairness = async (consumers: Readonly<Awaited<ReturnType<typeof start>>>) => ({
      leastShare: await leastShare(consumers, 'consumer_messages_total', 'handled'),
    });
    return { round: () => consumeAll(world, stage, { size, start, fairness }), tearDown: stage.close };
  },
});

export const consumerReplicasJob: Job = {
  name: 'consumer-replicas',
  title: 'Messages that wait in the queue, each into a session with its event, by one consumer and by several at once.',
  metrics: { ...perEventMetrics(), leastShare: { title: 'least share', unit: 'of an even one' } },
  candidates: (scale) => (scale === 'smoke' ? [1, 2] : [1, 2, 4, 8]).map(candidate),
  goals: [
    { metric: 'cpu', of: nameOf(8), to: nameOf(1), atMost: 1.2 },
    { metric: 'leastShare', of: nameOf(8), isAbsolute: true, atLeast: 0.1 },
  ],
  leftOutOf: ['quick'],
};
