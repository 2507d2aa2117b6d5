import { bookingAcceptedQueue, type Envelope } from '@mentor-sessions/contracts';
import { anAcceptance } from '../../harness/events.ts';
import type { Stage } from '../../harness/stage.ts';
import { atRate, until } from '../../harness/wait.ts';

const PER_SECOND = 50;

/** Commits single events at 50/s and gives for each the time (ms) from the commit's answer to its arrival out of the queue. */
export const measureLatency = async (
  { broker }: Stage,
  insertOne: (event: Envelope) => Promise<void>,
  count: number,
): Promise<number[]> => {
  const committedAt = new Map<string, number>();
  const arrivedAt = new Map<string, number>();
  const channel = await broker.createChannel();
  await channel.consume(
    bookingAcceptedQueue.name,
    (message) => {
      if (message) arrivedAt.set(message.properties.messageId, performance.now());
    },
    { noAck: true },
  );
  const warm = Math.ceil(count / 10);
  const events = Array.from({ length: warm + count }, (_, n) => anAcceptance(n));
  await atRate(PER_SECOND, events.length, async (n) => {
    const event = events[n] as Envelope;
    await insertOne(event);
    committedAt.set(event.id, performance.now());
  });
  await until(() => events.every(({ id }) => arrivedAt.has(id)), 30_000);
  await channel.close();
  const arrived = events.slice(warm).filter(({ id }) => arrivedAt.has(id));
  return arrived.map(({ id }) => (arrivedAt.get(id) as number) - (committedAt.get(id) as number));
};
