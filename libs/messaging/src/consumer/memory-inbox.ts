import type { Publisher } from '../relay/publisher.ts';
import { keepInDeadQueue } from '../dead-letters/dead-queue.ts';
import type { Inbox } from './inbox-port.ts';
import type { Message } from './message.ts';

type Handled = Map<string, Buffer>;

const REMEMBERED = 10_000;

const forgetOldest = (handled: Handled): void => {
  for (const id of handled.keys()) {
    if (handled.size <= REMEMBERED) return;
    handled.delete(id);
  }
};

/**
 * For a service without a database: the last 10,000 ids of this process, and dead letters in the dead queue at the broker.
 * After a restart, or with several processes, a copy is handled again: the effect must bear it.
 */
export const memoryInbox = (deadQueue: Publisher): Inbox<Handled> => {
  const handled: Handled = new Map();
  return {
    transaction: async (work) => {
      const now: Handled = new Map();
      const result = await work(now);
      for (const [id, hash] of now) handled.set(id, hash);
      forgetOldest(handled);
      return result;
    },
    enter: <Data>(now: Handled, _queue: string, messages: readonly Message<Data>[]) => {
      const fresh = messages.filter(({ id }) => !handled.has(id));
      const known = messages.filter(({ id }) => handled.has(id));
      const isCopy = ({ id, contentHash }: Message<Data>): boolean => handled.get(id)?.equals(contentHash) ?? false;
      for (const { id, contentHash } of fresh) now.set(id, contentHash);
      const mismatches = known.filter((message) => !isCopy(message));
      return Promise.resolve({ fresh, duplicates: known.filter(isCopy), mismatches });
    },
    keep: (letter) => keepInDeadQueue(deadQueue, letter),
    answers: () => Promise.resolve(),
  };
};
