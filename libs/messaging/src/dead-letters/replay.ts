import { setTimeout as pause } from 'node:timers/promises';
import type { ConsumeMessage } from 'amqplib';
import type { Database, Queryable } from '@mentor-sessions/service-kit/database';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { classifyFailure } from '../consumer/classify-failure.ts';
import { handleBatch } from '../consumer/handle-batch.ts';
import { largestBodyOf } from '../consumer/memory-budget.ts';
import { readDelivery } from '../consumer/read-delivery.ts';
import type { SettleOptions } from '../consumer/settle.ts';
import { storeDeadLetter, storableText } from '../inbox/dead-letters.ts';
import { DatabaseUnavailable } from '../inbox/faults.ts';
import type { Message, Subscription } from '../inbox/message.ts';
import type { Worker } from '../operations/worker.ts';
import {
  finishAndResolveReplay,
  finishReplay,
  readMessage,
  type WaitingReplay,
  countTry,
  tryLockReplays,
  nextReplay,
  uncountTry,
} from './replay-rows.ts';

type ReplayOptions<Data> = SettleOptions<Data> & {
  readonly database: Database;
  readonly worker: Pick<Worker, 'pauses' | 'replays'>;
};

class Withdrawn extends Error {}

/** Throws what the database is to blame for. */
const replayOne = async <Data>(replay: WaitingReplay, options: ReplayOptions<Data>): Promise<void> => {
  const { database, subscription } = options;
  const largest = largestBodyOf(subscription);
  const delivery = await readMessage(database, replay, largest);
  if ('bytes' in delivery) {
    const detail = `too-large: ${delivery.bytes} bytes; at most ${largest} are handled`;
    return finishReplay(database, replay.id, { outcome: 'dead', detail });
  }
  const judgement = readDelivery(delivery, subscription);
  const kept = { ...replay, delivery };
  if (judgement.verdict === 'dead') return deadLetterAgain(kept, judgement, options);
  try {
    await handleOnce(kept, judgement.message, options);
  } catch (error) {
    if (error instanceof Withdrawn) return;
    const { type } = judgement.message;
    const verdict = await classifyFailure(error, { options: options, type, othersSucceeded: false });
    if (verdict === 'waits') throw error;
    await deadLetterAgain(kept, { reason: 'handler-failed', detail: String(error) }, options);
  }
};

type KeptReplay = WaitingReplay & { readonly delivery: ConsumeMessage };

const handleOnce = async <Data>(
  replay: KeptReplay,
  message: Message<Data>,
  options: ReplayOptions<Data>,
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
  if (rejection) return deadLetterAgain(replay, rejection, options);
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
const deadLetterAgain = async <Data>(
  { id, deadLetterId, delivery }: KeptReplay,
  { reason, detail }: { readonly reason: string; readonly detail: string },
  { database, subscription, metrics, log }: ReplayOptions<Data>,
): Promise<void> => {
  const queue = subscription.queue.name;
  const attempts = reason === 'handler-failed' ? 1 : 0;
  const said = `${reason}: ${storableText(detail)}`.slice(0, 2_000);
  const kept = await database.transaction(async (tx) => {
    const stored = await storeDeadLetter(tx, { delivery, queue, reason, detail, attempts });
    if (stored.id === deadLetterId) await finishReplay(tx, id, { outcome: 'dead', detail: said });
    else await finishAndResolveReplay(tx, id, { outcome: 'dead', detail: said });
    return stored;
  });
  metrics.dead(reason);
  log.error({ deadLetterId: kept.id, queue, reason }, 'replayed message kept as a dead letter again');
};

/** After so many tries without an end the message is taken for what ended them. */
const TRIES = 3;
const SLOW_LOOK_MS = 60_000;
const TROUBLE_PAUSE_MS = 1_000;

/** Of one that the database refuses while it serves others; then the next one has its turn. */
const MOST_WAITS = 10;

/** Replays are done one after the other: one number is enough. */
const createWaited = () => {
  let last = { id: '', count: 0 };
  return {
    again: (id: string): number => {
      last = { id, count: last.id === id ? last.count + 1 : 1 };
      return last.count;
    },
  };
};

/**
 * Handles dead letters that an operator wants replayed, one after the other, in the way of this queue's consumer: judged
 * anew, through its inbox and its handler, under its own id. The outcome is recorded in the transaction of the effect, so
 * that a process which dies in between leaves neither or both.
 */
export const createReplayRunner = <Data>(options: ReplayOptions<Data>): Component => {
  const { database, subscription, log, worker } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const waited = createWaited();
  let running: Promise<void> = Promise.resolve();

  const replayNext = (): Promise<boolean> =>
    database.transaction(async (turn) => {
      if (!(await tryLockReplays(turn, subscription.queue.name))) return false;
      const replay = await nextReplay(turn, subscription.queue.name);
      if (!replay) return false;
      if (replay.tries >= TRIES) {
        const detail = `tried ${replay.tries} times without an end: it may have ended the process`;
        await finishReplay(database, replay.id, { outcome: 'dead', detail });
      } else {
        await countTry(database, replay.id); // before its body is read: what ends the process leaves this trace
        await replayOne(replay, options).catch(forgiving(replay));
      }
      return true;
    });

  /** This process has outlived the try: it is uncounted as soon as the database takes that, before any further one. */
  const forgiving =
    (replay: WaitingReplay) =>
    async (error: unknown): Promise<void> => {
      if (!(error instanceof DatabaseUnavailable) && waited.again(replay.id) > MOST_WAITS)
        return finishReplay(database, replay.id, { outcome: 'dead', detail: storableText(error).slice(0, 2_000) });
      let isUncounted = false;
      while (!isUncounted && !signal.aborted) {
        isUncounted = await uncountTry(database, replay.id).then(
          () => true,
          () => false,
        );
        if (!isUncounted) await pause(TROUBLE_PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
      throw error;
    };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await worker.pauses.consumer.whenResumed(signal);
      const seen = worker.replays.count();
      const outcome = await replayNext().catch((err: unknown) => {
        log.warn({ err }, 'replays are tried again later');
        return 'trouble' as const;
      });
      if (outcome === true || signal.aborted) continue;
      await worker.replays.changedSince(seen, outcome === 'trouble' ? TROUBLE_PAUSE_MS : SLOW_LOOK_MS);
    }
  };

  return {
    name: `replaying for ${subscription.queue.name}`,
    start: async () => {
      running = run();
    },
    stop: async () => {
      stop.abort();
      worker.replays.wake();
      await running;
    },
  };
};
