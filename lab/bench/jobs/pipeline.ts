import { acceptances, emptyOutbox, fillOutbox, keepEvents, outboxIsEmpty } from '../harness/rows.ts';
import type { Job, Sample } from '../harness/job.ts';
import { perEvent, perEventMetrics, startMeter } from '../harness/measure/meter.ts';
import { onStage, type Stage } from '../harness/stage.ts';
import { stopAll } from '../harness/processes.ts';
import type { Scale, World } from '../harness/world.ts';
import { until } from '../harness/load.ts';
import { flows, type Flow, type Part, type Started, countSessions, emptySessions } from './flow.ts';

const sizes: Record<Scale, { rows: number; warm: number }> = {
  smoke: { rows: 200, warm: 20 },
  quick: { rows: 10_000, warm: 1_000 },
  full: { rows: 80_000, warm: 20_000 },
  long: { rows: 80_000, warm: 20_000 },
};

const running: readonly Part[] = ['relay', 'consumer', 'sessionsRelay'];

const round = async (world: World, stage: Stage, flow: Flow): Promise<Sample> => {
  const { rows, warm } = sizes[world.scale];
  const { bookings, sessions } = stage;
  await emptyOutbox(bookings);
  await emptySessions(stage);
  await stage.emptyNews();
  const processes: Started[] = [];
  // the cheap check first: scanning an outbox is expensive until its dead rows are vacuumed
  const areThere = async (count: number) =>
    (await stage.news()) >= count &&
    (await outboxIsEmpty(bookings)) &&
    (await countSessions(sessions)) === count &&
    (await outboxIsEmpty(sessions));
  try {
    for (const part of running) processes.push(await flow.start(stage, part));
    await (
      await fillOutbox(bookings, warm)
    )();
    await until(() => areThere(warm), 300_000);
    const show = await fillOutbox(bookings, rows, warm);
    await world.checkpoint();
    const stop = startMeter(world, processes);
    await show();
    if (!(await until(() => areThere(warm + rows), 600_000)))
      throw new Error(`${await countSessions(sessions)} of ${warm + rows} sessions`);
    return perEvent(stop(), rows);
  } finally {
    await stopAll(processes);
  }
};

export const pipelineJob: Job = {
  name: 'pipeline',
  title: 'From booking.accepted in the outbox of bookings to session.scheduled in the queue of bookings.',
  metrics: perEventMetrics(),
  candidates: () =>
    flows.map((flow) =>
      onStage(flow, {
        prepare: ({ bookings }, { scale }) => keepEvents(bookings, acceptances(sizes[scale].rows + sizes[scale].warm)),
        round: (world, stage) => round(world, stage, flow),
      }),
    ),
  goals: [
    { metric: 'rate', atLeast: 0.9 },
    { metric: 'cpu', atMost: 1.15 },
  ],
};
