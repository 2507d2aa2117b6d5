import { setTimeout as pause } from 'node:timers/promises';
import { Unavailable } from '../errors.ts';
import { isRetryable, isStalePlan } from './errors.ts';

const TIMES_AGAIN = 3;

/** Runs work that was rolled back for another's sake again, after a random pause so that the two do not meet again. */
export const again = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let left = TIMES_AGAIN; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (!isRetryable(error) && !isStalePlan(error)) throw error;
      if (left === 0) throw new Unavailable('Too much contention; nothing was changed.', { cause: error });
      await pause(5 + Math.random() * 20 * (TIMES_AGAIN + 1 - left));
    }
  }
};
