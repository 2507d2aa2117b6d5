import type { Random } from '../../random.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';

/** A scheduler in real time, for tests that compare with real servers: everything possible happens at once. */
export const createPump = (random: Random): Scheduler => {
  let awake = false;
  const pump = (): void => {
    awake = false;
    if (scheduler.isIdle()) return;
    scheduler.step();
    wake();
  };
  const wake = (): void => {
    if (awake) return;
    awake = true;
    setImmediate(pump);
  };
  const scheduler = createScheduler({ random, onReady: wake });
  return scheduler;
};
