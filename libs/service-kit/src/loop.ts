import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Component } from './lifecycle.ts';

/** What a run asks for: another run at once, the usual rest, or (after a failure that it has reported itself) a pause that grows. */
export type Next = 'again' | 'rest' | 'retry';

export type Turn = {
  /** Aborted when the loop is to stop; a run that takes long should end then. */
  readonly signal: AbortSignal;
  /** The usual rest has passed, and nothing woke the loop. */
  readonly isByTheClock: boolean;
};

export type LoopOptions = {
  readonly name: string;
  /** Never called twice at once. An error counts as 'retry', nothing as 'rest'. */
  readonly run: (turn: Turn) => Promise<Next | void>;
  /** Between two runs; a function is asked each time, for instance to spread replicas. */
  readonly restMs: number | (() => number);
  /** After failures in a row: doubles from the first to the longest. Default: 100 ms to 5 s. */
  readonly retryMs?: { readonly first: number; readonly longest: number };
  /** Instead of the usual line in the log. */
  readonly onError?: (error: unknown) => void;
  readonly log: Logger;
};

export type Loop = Component & {
  /** Ends the rest early. During a run: the next one follows at once. */
  wake(): void;
};

/** Calls `run` again and again between start and stop. Stopping ends any pause at once and waits for a run that is under way. */
export const loop = ({ name, run, restMs, log, onError, ...options }: LoopOptions): Loop => {
  const { retryMs = { first: 100, longest: 5_000 } } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const reportError = onError ?? ((err: unknown) => log.warn({ err }, `${name} failed; will retry`));
  let running: Promise<void> = Promise.resolve();
  let isWoken = false;
  let endRest = (): void => undefined;

  const runOnce = async (isByTheClock: boolean): Promise<Next> => {
    isWoken = false;
    try {
      return (await run({ signal, isByTheClock })) ?? 'rest';
    } catch (error) {
      if (!signal.aborted) reportError(error);
      return 'retry';
    }
  };

  const rest = async (): Promise<void> => {
    if (isWoken || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, typeof restMs === 'number' ? restMs : restMs());
    endRest = resolve;
    await promise;
    clearTimeout(timer);
  };

  const runUntilStopped = async (): Promise<void> => {
    let failures = 0;
    let isByTheClock = false;
    while (!signal.aborted) {
      const startedAt = performance.now();
      const next = await runOnce(isByTheClock);
      // one that went well for a while, such as a connection, is not a failure in a row
      if (next !== 'retry' || performance.now() - startedAt > retryMs.longest) failures = 0;
      if (next === 'rest') await rest();
      if (next === 'retry') await pause(backoff(++failures, retryMs), signal);
      isByTheClock = next === 'rest' && !isWoken;
    }
  };

  return {
    name,
    wake: () => {
      isWoken = true;
      endRest();
    },
    start: async () => {
      running = runUntilStopped();
    },
    stop: async () => {
      stopping.abort();
      endRest();
      await running;
    },
  };
};

/** Resolves after so long, or as soon as the signal is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** Half of it is random, so that replicas which failed together do not come back together. */
const backoff = (failures: number, { first, longest }: { first: number; longest: number }): number =>
  Math.min(longest, first * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
