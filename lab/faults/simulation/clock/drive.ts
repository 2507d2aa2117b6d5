import type { Scheduler } from './scheduler.ts';
import { realImmediate } from './virtual-time.ts';

const TOGETHER = 64;

/**
 * Takes steps until `isOver` or nothing is left. Each step has a turn of the event loop to
 * itself, so that the code it woke has reached its next wait before the next step is chosen.
 */
export const drive = (scheduler: Scheduler, isOver: () => boolean): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let over = false;
  const turn = (): void => {
    if (over) return;
    try {
      over = isOver() || !scheduler.step();
    } catch (error) {
      over = true;
      return reject(error);
    }
    if (over) resolve();
  };
  const turns = (): void => {
    if (over) return;
    for (let left = TOGETHER; left > 0; left--) realImmediate(turn);
    realImmediate(turns); // one round of the event loop serves many steps
  };
  turns();
  return promise;
};

/** Resolves when all woken code has reached its next wait. */
export const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => realImmediate(resolve));
