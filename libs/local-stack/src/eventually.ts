import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

export type EventuallyOptions = {
  /** Milliseconds until it gives up; default 10 s. */
  readonly within?: number;
  /** Milliseconds between two checks; default 50 ms. */
  readonly every?: number;
  /** What is waited for, as a phrase: "the outbox is empty". */
  readonly describe?: string;
};

const isSatisfied = (seen: unknown): boolean => seen !== false && seen !== undefined && seen !== null;

/**
 * Repeats `check` until it neither throws nor returns false, null or undefined; returns its value. The error of a timeout has
 * the last value.
 */
export const eventually = async <T>(
  check: () => T | Promise<T>,
  { within = 10_000, every = 50, describe = 'the condition' }: EventuallyOptions = {},
): Promise<Exclude<T, false | null | undefined>> => {
  const deadline = performance.now() + within;
  for (let checks = 1; ; checks += 1) {
    let last: string;
    let cause: unknown;
    try {
      const seen = await check();
      if (isSatisfied(seen)) return seen as Exclude<T, false | null | undefined>;
      last = inspect(seen, { depth: 4 });
    } catch (error) {
      cause = error;
      last = error instanceof Error ? error.message || error.name : inspect(error);
    }
    if (performance.now() >= deadline) {
      throw new Error(`not within ${within} ms (${checks} checks): ${describe}; last seen: ${last}`, { cause });
    }
    await pause(every);
  }
};

type Retrying = {
  readonly tries: number;
  readonly if: (error: unknown) => boolean;
  /** Before the second attempt; before the third twice as long, and so on. */
  readonly pauseMs?: number;
};

/** Attempts it again after an error that may pass. */
export const retry = async <T>(
  attempt: () => Promise<T>,
  { tries, if: mayPass, pauseMs = 0 }: Retrying,
): Promise<T> => {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tried === tries || !mayPass(error)) throw error;
      await pause(pauseMs * tried);
    }
  }
};
