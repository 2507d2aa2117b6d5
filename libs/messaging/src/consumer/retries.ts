import type { Logger } from 'pino';
import { DatabaseUnavailable } from '../inbox/faults.ts';
import type { FailureCause } from './classify-failure.ts';
import type { Settlement } from './settle-batch.ts';

/** Pauses before a message that failed is tried again, alone, while the others go on (ms). */
const TRY_AGAIN_AFTER_MS = [100, 1_000, 5_000];
/** Of one that waits for the database, and is not counted. */
const LONGEST_WAIT_MS = 30_000;

type Options = {
  readonly log: Logger;
  readonly ended: AbortSignal;
  readonly acknowledge: (deliveries: Settlement['deliveries']) => void;
  readonly verdictOn: (error: unknown, unit: Settlement, since: number) => Promise<FailureCause>;
  /** False: the queue is given back, and this unit with it. */
  readonly inTrouble: (error: DatabaseUnavailable) => boolean;
  /** Messages that were handled so far. */
  readonly handled: () => number;
};

type Past = {
  /** Failures that count. */
  readonly attempts: number;
  /** All of them. */
  readonly tries: number;
  /** Messages that had been handled when it first failed. */
  readonly since: number;
};

/** Units that failed: each is tried again by itself, and holds up nothing but its place in the prefetch. */
export const createRetries = ({ log, ended, acknowledge, verdictOn, inTrouble, handled }: Options) => {
  const held = new Map<Settlement, NodeJS.Timeout | null>();
  const running = new Set<Promise<void>>();

  const later = (unit: Settlement, past: Past, pause: number): void => {
    held.set(unit, null);
    if (ended.aborted) return; // given back, and tried again by the consumer that gets it
    const timer = setTimeout(() => {
      const trying = tryAlone(unit, past).finally(() => running.delete(trying));
      running.add(trying);
    }, pause);
    held.set(unit, timer);
  };

  const tryAlone = async (unit: Settlement, past: Past): Promise<void> => {
    held.set(unit, null);
    try {
      await unit.settle();
    } catch (error) {
      return onFailure(unit, error, past);
    }
    acknowledge(unit.deliveries); // while it is still held: alone, not all before it
    held.delete(unit);
  };

  const onFailure = async (unit: Settlement, error: unknown, past: Past): Promise<void> => {
    try {
      failedAgain(unit, { error, cause: await verdictOn(error, unit, past.since) }, past);
    } catch (trouble) {
      const met = trouble instanceof DatabaseUnavailable ? trouble : new DatabaseUnavailable(trouble, unit.type);
      if (inTrouble(met)) later(unit, past, TRY_AGAIN_AFTER_MS[1] ?? 0);
    }
  };

  const failedAgain = (
    unit: Settlement,
    { error, cause }: { error: unknown; cause: FailureCause },
    past: Past,
  ): void => {
    const { giveUp } = unit;
    const attempts = past.attempts + (cause === 'counts' ? 1 : 0);
    const tries = past.tries + 1;
    if (giveUp && attempts > TRY_AGAIN_AFTER_MS.length) {
      const { deliveries, type } = unit;
      held.delete(unit);
      return later({ deliveries, type, settle: () => giveUp({ error, attempts: attempts - 1 }) }, past, 0);
    }
    const about = { err: error, messageId: unit.deliveries[0]?.properties.messageId as unknown, attempts };
    if (cause === 'counts') log.warn(about, 'handler failed, message to be tried again alone');
    else log[tries === 1 ? 'error' : 'warn'](about, 'message held: what it needs is unavailable; retrying it alone');
    const pause = cause === 'counts' ? TRY_AGAIN_AFTER_MS[attempts - 1] : Math.min(LONGEST_WAIT_MS, 500 * 2 ** tries);
    later(unit, { ...past, attempts, tries }, pause ?? LONGEST_WAIT_MS);
  };

  return {
    /** After its first failure, in a batch. */
    add: (unit: Settlement, failed: { readonly error: unknown; readonly cause: FailureCause }): void =>
      failedAgain(unit, failed, { attempts: 0, tries: 0, since: handled() }),
    areHeld: () => held.size > 0,
    /** Ends the waiting; resolves when what is under way has ended. */
    end: async (): Promise<void> => {
      for (const timer of held.values()) if (timer) clearTimeout(timer);
      await Promise.all(running);
    },
  };
};
