import type { Publisher } from '../relay/publisher.ts';
import { keepInDeadQueue } from '../dead-letters/dead-queue.ts';
import { tellApart } from './entered.ts';
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
      const entered = tellApart(messages, (id) => !handled.has(id), handled);
      for (const { id, contentHash } of entered.fresh) now.set(id, contentHash);
      return Promise.resolve(entered);
    },
    keep: (letter) => keepInDeadQueue(deadQueue, letter),
    answers: () => Promise.resolve(),
  };
};
