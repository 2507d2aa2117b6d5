import { bookingAcceptedQueue, type Envelope } from '@mentor-sessions/contracts';
import type { Stage } from '../../harness/stage.ts';

/** Empties the queue, and throws if the first copies of an aggregate's events did not come in the order of their sequence. */
export const assertOrder = async ({ broker }: Stage): Promise<void> => {
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
