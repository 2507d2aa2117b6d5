import { Unavailable } from './errors.ts';

const ATTEMPTS = 10;

/**
 * For read, decide, write: a conditional write that changed nothing (null) lost a race, so read again and decide again.
 * The loser sees the winner's state on its next read and, nearly always, returns a conflict.
 */
export const retryLostRace = async <T>(attempt: () => Promise<T | null>): Promise<T> => {
  for (let count = 0; count < ATTEMPTS; count++) {
    const result = await attempt();
    if (result !== null) return result;
  }
  throw new Unavailable('Too many changes at once; nothing was changed.');
};
