import { Unavailable } from '@mentor-sessions/service-kit/errors';
import { randomUUIDv7 } from '@mentor-sessions/service-kit/uuid';
import type { Publisher } from '../publisher/publisher.ts';
import { shortText, type DeadLetter } from './dead-letters.ts';
import { classifyEntries, type Inbox } from './inbox.ts';

/** Content hashes by message id. */
type Handled = Map<string, Buffer>;

type DeadQueue = Pick<Publisher, 'whenReady' | 'publish'>;

const REMEMBERED = 10_000;
const READY_WITHIN_MS = 5_000;

/**
 * For a service without a database: the last 10,000 ids that this process handled, and dead letters in the dead queue at
 * the broker. After a restart, or with several processes, a copy is handled again: the effect must be idempotent.
 */
export const memoryInbox = (deadQueue: DeadQueue): Inbox<Handled> => {
  const handled: Handled = new Map();
  return {
    transaction: async (work) => {
      const entered: Handled = new Map();
      const result = await work(entered);
      for (const [id, hash] of entered) handled.set(id, hash);
      forgetOldest(handled);
      return result;
    },
    enter: async (entered, _queue, messages) => {
      const entries = classifyEntries(messages, (id) => !handled.has(id), handled);
      for (const { id, contentHash } of entries.fresh) entered.set(id, contentHash);
      return entries;
    },
    keepDeadLetter: (letter) => sendToDeadQueue(deadQueue, letter),
  };
};

const forgetOldest = (handled: Handled): void => {
  for (const id of handled.keys()) {
    if (handled.size <= REMEMBERED) return;
    handled.delete(id);
  }
};

/** To the queue where the broker itself puts messages that were redelivered too often. */
const sendToDeadQueue = async (publisher: DeadQueue, letter: DeadLetter): Promise<{ id: string }> => {
  const { delivery, queue, reason, detail, attempts } = letter;
  const sent: Record<string, unknown> = { ...delivery.properties };
  const id = typeof sent['messageId'] === 'string' ? sent['messageId'] : randomUUIDv7();
  const headers = {
    'x-reason': reason,
    'x-detail': shortText(detail), // headers beyond 64 KiB cannot be sent
    'x-attempts': attempts,
    'x-sent-by': typeof sent['userId'] === 'string' ? sent['userId'] : '',
  };
  await publisher.whenReady(READY_WITHIN_MS);
  const outcome = await publisher.publish({ messageId: id, routingKey: queue, body: delivery.content, headers });
  if (outcome !== 'confirmed') throw new Unavailable(`The dead queue did not accept the message: ${String(outcome)}.`);
  return { id };
};
