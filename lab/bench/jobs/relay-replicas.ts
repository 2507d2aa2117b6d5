import { bookingAcceptedQueue, type Envelope } from '@mentor-sessions/contracts';
import { acceptances, emptyOutbox, fillOutbox, keepEvents, outboxIsEmpty } from '../harness/rows.ts';
import type { Sample } from '../harness/job.ts';
import { perEvent, startMeter } from '../harness/measure/meter.ts';
import { stopAll } from '../harness/processes.ts';
import type { Scale, World } from '../harness/world.ts';
import type { Stage } from '../harness/stage.ts';
import { until } from '../harness/load.ts';
import { leastShare, replicasJob } from './consumer.ts';

/** Empties the queue, and throws if the first copies of an aggregate's events did not come in the order of their sequence. */
const assertOrder = async ({ broker }: Stage): Promise<void> => {
  const channel = await broker.createChannel();
  const last = new Map<string, string>();
  const seen = new Set<string>();
  const { messageCount } = await channel.checkQueue(bookingAcceptedQueue.name);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = messageCount;
  await channel.consume(
    bookingAcceptedQueue.name,
    (message) => {
      const { id, subject, sequence } = JSON.parse(String(message?.content)) as Envelope;
      const before = last.get(subject) ?? '';
      if (!seen.has(id) && sequence < before) reject(new Error(`${subject}: ${sequence} after ${before}`));
      seen.add(id);
      if (sequence > before) last.set(subject, sequence);
      left -= 1;
      if (left === 0) resolve();
    },
    { noAck: true },
  );
  if (messageCount > 0) await promise;
  await channel.close();
};

const EVENTS_OF_ONE = 5;
/** For each replica, so that V8 has compiled the code of all of them before the measurement. */
const sizes: Record<Scale, { readonly rows: number; readonly warm: number }> = {
  smoke: { rows: 200, warm: 50 },
  quick: { rows: 1_250, warm: 1_250 },
  full: { rows: 5_000, warm: 10_000 },
  long: { rows: 5_000, warm: 10_000 },
};

const sizeOf = (scale: Scale, replicas: number) => ({
  rows: sizes[scale].rows * replicas,
  warm: sizes[scale].warm * replicas,
});

const round = async (world: World, stage: Stage, replicas: number): Promise<Sample> => {
  const { bookings } = stage;
  const { rows, warm } = sizeOf(world.scale, replicas);
  // the queue first: scanning an outbox is expensive until its dead rows are vacuumed
  const isOut = async (count: number) => (await stage.queued()) >= count && (await outboxIsEmpty(bookings));
  await emptyOutbox(bookings);
  await stage.purge();
  const relays = await Promise.all(Array.from({ length: replicas }, () => stage.start('bookings relay')));
  try {
    await (
      await fillOutbox(bookings, warm)
    )();
    await until(() => isOut(warm), 120_000);
    const show = await fillOutbox(bookings, rows, warm);
    await world.checkpoint();
    const stop = startMeter(world, relays);
    await show();
    if (!(await until(() => isOut(warm + rows), 300_000)))
      throw new Error(`${await stage.queued()} of ${warm + rows} events were published`);
    const measured = perEvent(stop(), rows);
    const share = await leastShare(relays, 'outbox_messages_total', 'published');
    await assertOrder(stage);
    return { ...measured, leastShare: share };
  } finally {
    await stopAll(relays);
  }
};

export const relayReplicasJob = replicasJob({
  name: 'relay-replicas',
  title: `As relay, ${EVENTS_OF_ONE} events of each aggregate, by one and by several, as many rows for each of them.`,
  noun: 'relay',
  work: (replicas) => ({
    prepare: ({ bookings }, { scale }) => {
      const { rows, warm } = sizeOf(scale, replicas);
      return keepEvents(bookings, acceptances(warm + rows, EVENTS_OF_ONE));
    },
    round: (world, stage) => round(world, stage, replicas),
  }),
});
