import type { ConsumeMessage } from 'amqplib';
import type { Database, Queryable } from '@mentor-sessions/service-kit/database';
import { largestBodyOf } from '../consumer/budget.ts';
import { handleBatch } from '../consumer/handle-batch.ts';
import { judge } from '../consumer/judge.ts';
import type { Message, Subscription } from '../consumer/message.ts';
import type { Settling } from '../consumer/settle.ts';
import { verdictOn } from '../consumer/verdict.ts';
import type { Worker } from '../operations/worker.ts';
import { finishAndResolveReplay, finishReplay, readMessage, type WaitingReplay } from './replay-rows.ts';
import { storeDeadLetter, textOf } from './store.ts';

export type ReplayingOptions<Data> = Settling<Data> & {
  readonly database: Database;
  readonly worker: Pick<Worker, 'pauses' | 'replays'>;
};

class Withdrawn extends Error {}

/** Throws what the database is to blame for. */
export const replayOne = async <Data>(replay: WaitingReplay, options: ReplayingOptions<Data>): Promise<void> => {
  const { database, subscription } = options;
  const largest = largestBodyOf(subscription);
  const delivery = await readMessage(database, replay, largest);
  if ('bytes' in delivery) {
    const detail = `too-large: ${delivery.bytes} bytes; at most ${largest} are handled`;
    return finishReplay(database, replay.id, { outcome: 'dead', detail });
  }
  const judgement = judge(delivery, subscription);
  const kept = { ...replay, delivery };
  if (judgement.verdict === 'dead') return dieAgain(kept, judgement, options);
  try {
    await handleOnce(kept, judgement.message, options);
  } catch (error) {
    if (error instanceof Withdrawn) return;
    const { type } = judgement.message;
    const verdict = await verdictOn(error, { probed: options, type, neighbours: false });
    if (verdict === 'waits') throw error;
    await dieAgain(kept, { reason: 'handler-failed', detail: String(error) }, options);
  }
};

type KeptReplay = WaitingReplay & { readonly delivery: ConsumeMessage };

const handleOnce = async <Data>(
  replay: KeptReplay,
  message: Message<Data>,
  options: ReplayingOptions<Data>,
): Promise<void> => {
  const { database, subscription, metrics, onCommitted, log } = options;
  const recording: Subscription<Data> = {
    ...subscription,
    handle: async (tx, messages) => {
      await subscription.handle(tx, messages);
      // fault point: replay.handled
      await resolve(tx, replay, 'handled');
    },
  };
  const { handled, duplicates, rejections } = await handleBatch(database, recording, [message]);
  // fault point: replay.committed
  const [rejection] = rejections;
  if (rejection) return dieAgain(replay, rejection, options);
  if (duplicates.length > 0) await resolve(database, replay, 'duplicate');
  if (handled.length > 0) onCommitted(handled.length);
  handled.forEach(metrics.handled);
  metrics.duplicates(duplicates.length);
  const outcome = handled.length > 0 ? 'handled' : 'duplicate';
  log.info({ messageId: message.id, deadLetterId: replay.deadLetterId, outcome }, 'dead letter replayed');
};

const resolve = async (db: Queryable, { id }: WaitingReplay, outcome: 'handled' | 'duplicate'): Promise<void> => {
  if (!(await finishAndResolveReplay(db, id, { outcome }))) throw new Withdrawn();
};

/** The same reason again: the dead letter stays open, and counts. Another one: that is a new dead letter, and the old one is resolved. */
const dieAgain = async <Data>(
  { id, deadLetterId, delivery }: KeptReplay,
  { reason, detail }: { readonly reason: string; readonly detail: string },
  { database, subscription, metrics, log }: ReplayingOptions<Data>,
): Promise<void> => {
  const queue = subscription.queue.name;
  const attempts = reason === 'handler-failed' ? 1 : 0;
  const said = `${reason}: ${textOf(detail)}`.slice(0, 2_000);
  const kept = await database.transaction(async (tx) => {
    const stored = await storeDeadLetter(tx, { delivery, queue, reason, detail, attempts });
    if (stored.id === deadLetterId) await finishReplay(tx, id, { outcome: 'dead', detail: said });
    else await finishAndResolveReplay(tx, id, { outcome: 'dead', detail: said });
    return stored;
  });
  metrics.dead(reason);
  log.error({ deadLetterId: kept.id, queue, reason }, 'replayed message kept as a dead letter again');
};
