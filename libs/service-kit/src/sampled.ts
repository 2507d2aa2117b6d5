import { setTimeout as pause } from 'node:timers/promises';

type Sampling = {
  /** A value younger than this is given again without asking. */
  readonly everySeconds: number;
  /** Longer than this nobody waits for a new one: they get the one before. */
  readonly patienceMs?: number;
};

/**
 * For gauges that only a database can tell: asks `read` at most every so often however many ask, and never twice at once.
 * Null: it failed, or has not answered yet.
 */
export const sampled = <T>(
  read: () => Promise<T>,
  { everySeconds, patienceMs = 1_000 }: Sampling,
): (() => Promise<T | null>) => {
  let last: T | null = null;
  let askedAt = -Infinity;
  let asking: Promise<void> | null = null;

  const ask = async (): Promise<void> => {
    askedAt = performance.now();
    last = await read().catch(() => null);
    asking = null;
  };

  return async () => {
    if (!asking && performance.now() - askedAt > everySeconds * 1_000) asking = ask();
    if (asking) await Promise.race([asking, pause(patienceMs, undefined, { ref: false })]);
    return last;
  };
};
