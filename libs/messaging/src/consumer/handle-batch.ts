import type { Database } from '@mentor-sessions/service-kit/database';
import { inboxOf, type Inbox } from '../inbox/inbox.ts';
import { Rejected, type Message, type Rejection, type Subscription } from '../inbox/message.ts';

export type BatchResult = {
  readonly handled: readonly Message[];
  readonly duplicates: readonly Message[];
  readonly rejections: readonly Rejection[];
};

/**
 * One transaction: inbox entries, then the effect of new messages. If the handler rejects some, the transaction is rolled
 * back and the rest is handled without them. All other errors are thrown. `messages` hold each id once.
 */
export const handleBatch = async <Data>(
  database: Database | Inbox,
  subscription: Pick<Subscription<Data>, 'queue' | 'handle'>,
  messages: readonly Message<Data>[],
): Promise<BatchResult> => {
  if (messages.length === 0) return { handled: [], duplicates: [], rejections: [] };
  const { queue, handle } = subscription;
  const inbox = inboxOf(database);
  const sorted = messages.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  try {
    return await inbox.transaction(async (tx) => {
      const { fresh, duplicates, mismatches } = await inbox.enter(tx, queue.name, sorted);
      // fault point: consumer.entered
      if (fresh.length > 0) await handle(tx, fresh);
      // fault point: consumer.handled
      return { handled: fresh, duplicates, rejections: mismatches.map(contentMismatch) };
    });
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    const rejected = new Set(error.rejections.map(({ message }) => message.id));
    const rest = messages.filter(({ id }) => !rejected.has(id));
    if (rest.length === messages.length)
      throw new Error('the handler rejected messages that were not in the batch', { cause: error });
    const result = await handleBatch(database, subscription, rest);
    return { ...result, rejections: [...error.rejections, ...result.rejections] };
  }
};

export const contentMismatch = (message: Message): Rejection => ({
  message,
  reason: 'content-mismatch',
  detail: 'a message with this id was handled before, with different content',
});
