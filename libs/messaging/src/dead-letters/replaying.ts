import { setTimeout as pause } from 'node:timers/promises';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { Trouble } from '../consumer/trouble.ts';
import { replayOne, type ReplayingOptions } from './replay-one.ts';
import { countTry, finishReplay, isAlone, nextReplay, uncountTry, type WaitingReplay } from './replay-rows.ts';
import { textOf } from './store.ts';

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
export const createReplaying = <Data>(options: ReplayingOptions<Data>): Component => {
  const { database, subscription, log, worker } = options;
  const stop = new AbortController();
  const { signal } = stop;
  const waited = createWaited();
  let running: Promise<void> = Promise.resolve();

  const replayNext = (): Promise<boolean> =>
    database.transaction(async (turn) => {
      if (!(await isAlone(turn, subscription.queue.name))) return false;
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
      if (!(error instanceof Trouble) && waited.again(replay.id) > MOST_WAITS)
        return finishReplay(database, replay.id, { outcome: 'dead', detail: textOf(error).slice(0, 2_000) });
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
