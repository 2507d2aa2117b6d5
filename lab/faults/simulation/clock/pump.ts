import type { Random } from '../../random.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';

/** A scheduler that works in real time, for tests that compare with the real thing: what can happen happens at once. */
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
