import type { Logger } from 'pino';
import { DatabaseUnavailable } from '../inbox/faults.ts';
import type { FailureCause } from './classify-failure.ts';
import type { Failure, Settlement } from './settle-batch.ts';

/** Backoff before a failed message is retried, alone, while others are handled (ms). */
const RETRY_AFTER_MS = [100, 1_000, 5_000];
const UNAVAILABLE_RETRY_MS = 1_000;
/** Longest backoff of a message that waits for the database; its retries are not counted. */
const LONGEST_WAIT_MS = 30_000;

type Options = {
  readonly log: Logger;
  readonly ended: AbortSignal;
  readonly acknowledge: (deliveries: Settlement['deliveries']) => void;
  /** `since`: messages that had been handled when this one first failed. */
  readonly classify: (error: unknown, settlement: Settlement, since: number) => Promise<FailureCause>;
  /** Returns false when everything in flight is requeued, this settlement included. */
  readonly onUnavailable: (error: DatabaseUnavailable) => boolean;
  readonly handled: () => number;
};

type History = {
  /** Failures that count. */
  readonly attempts: number;
  /** All failures. */
  readonly tries: number;
  readonly since: number;
};

/** Retries failed settlements one by one; each holds up nothing but its place in the prefetch. */
export const createRetries = ({ log, ended, acknowledge, classify, onUnavailable, handled }: Options) => {
  const held = new Map<Settlement, NodeJS.Timeout | null>();
  const running = new Set<Promise<void>>();

  const retryLater = (settlement: Settlement, history: History, afterMs: number): void => {
    held.set(settlement, null);
    if (ended.aborted) return; // requeued, and retried by the consumer that receives it
    const timer = setTimeout(() => {
      const retrying = retry(settlement, history).finally(() => running.delete(retrying));
      running.add(retrying);
    }, afterMs);
    held.set(settlement, timer);
  };

  const retry = async (settlement: Settlement, history: History): Promise<void> => {
    held.set(settlement, null);
    try {
      await settlement.settle();
    } catch (error) {
      return onFailure(settlement, error, history);
    }
    acknowledge(settlement.deliveries); // before it is released: this one alone, not everything before it
    held.delete(settlement);
  };

  const onFailure = async (settlement: Settlement, error: unknown, history: History): Promise<void> => {
    try {
      failed({ settlement, error, cause: await classify(error, settlement, history.since) }, history);
    } catch (err) {
      const unavailable = err instanceof DatabaseUnavailable ? err : new DatabaseUnavailable(err, settlement.type);
      if (onUnavailable(unavailable)) retryLater(settlement, history, UNAVAILABLE_RETRY_MS);
    }
  };

  const failed = ({ settlement, error, cause }: Failure, history: History): void => {
    const { deliveries, type, giveUp } = settlement;
    const attempts = history.attempts + (cause === 'message' ? 1 : 0);
    const tries = history.tries + 1;
    if (giveUp && attempts > RETRY_AFTER_MS.length) {
      held.delete(settlement);
      const settle = (): Promise<void> => giveUp({ error, attempts: attempts - 1 });
      return retryLater({ deliveries, type, settle }, history, 0);
    }
    const details = { err: error, messageId: deliveries[0]?.properties.messageId as unknown, attempts };
    if (cause === 'message') log.warn(details, 'handler failed; will retry the message alone');
    else
      log[tries === 1 ? 'error' : 'warn'](details, 'message held: what it needs is unavailable; will retry it alone');
    const wait = cause === 'message' ? RETRY_AFTER_MS[attempts - 1] : Math.min(LONGEST_WAIT_MS, 500 * 2 ** tries);
    retryLater(settlement, { ...history, attempts, tries }, wait ?? LONGEST_WAIT_MS);
  };

  return {
    /** After its first failure, in a batch. */
    add: (failure: Failure): void => failed(failure, { attempts: 0, tries: 0, since: handled() }),
    areHeld: () => held.size > 0,
    /** Cancels waiting retries; resolves when those under way have ended. */
    end: async (): Promise<void> => {
      for (const timer of held.values()) if (timer) clearTimeout(timer);
      await Promise.all(running);
    },
  };
};
