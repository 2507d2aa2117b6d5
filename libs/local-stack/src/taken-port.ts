import { EndedEarly } from './readiness.ts';

const tries = 6;

/** A port that was free a moment ago can be taken now: tries again, up to six times. `start` picks the port. */
export const onAnotherPortIfTaken = async <T>(start: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === tries || !(error instanceof EndedEarly)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 * attempt));
    }
  }
};
