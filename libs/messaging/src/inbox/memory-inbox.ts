import { randomUUIDv7 } from 'node:crypto';
import { Unavailable } from '@mentor-sessions/service-kit/errors';
import type { Publisher } from '../publisher/publisher.ts';
import { storableText, type DeadLetter } from './dead-letters.ts';
import { classifyEntries, type Inbox } from './inbox.ts';
import type { Message } from './message.ts';

const WAIT_MS = 5_000;

/** Keeps a message with its reason where the broker itself puts what was redelivered too often. */
const sendToDeadQueue = async (publisher: Publisher, letter: DeadLetter): Promise<{ id: string }> => {
  const { delivery, queue, reason, detail, attempts } = letter;
  const sent: Record<string, unknown> = { ...delivery.properties };
  const id = typeof sent['messageId'] === 'string' ? sent['messageId'] : randomUUIDv7();
  // short: headers beyond 64 KiB cannot be sent
  const headers = {
    'x-reason': reason,
    'x-detail': storableText(detail).slice(0, 2_000),
    'x-attempts': attempts,
    'x-sent-by': typeof sent['userId'] === 'string' ? sent['userId'] : '',
  };
  await publisher.whenReady(WAIT_MS);
  const outcome = await publisher.publish({ messageId: id, routingKey: queue, body: delivery.content, headers });
  if (outcome !== 'confirmed') throw new Unavailable(`The dead queue has not taken the message: ${String(outcome)}.`);
  return { id };
};

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
      const entered = classifyEntries(messages, (id) => !handled.has(id), handled);
      for (const { id, contentHash } of entered.fresh) now.set(id, contentHash);
      return Promise.resolve(entered);
    },
    keepDeadLetter: (letter) => sendToDeadQueue(deadQueue, letter),
    answers: () => Promise.resolve(),
  };
};
