import type { WakeUp } from '@mentor-sessions/messaging';
import type { Owner } from '../clock/scheduler.ts';
import type { Store } from '../store/store.ts';

/** As createWakeUp, whose own work is a connection of pg: hears of announcements, or misses them. */
export const simulatedWakeUp = (store: Store, owner: Owner): WakeUp => {
  const heard = store.scheduler.pipe(owner);
  let count = 0;
  let waiting = new Set<() => void>();
  const wake = (): void => {
    count += 1;
    const woken = waiting;
    waiting = new Set();
    for (const resolve of woken) resolve();
  };
  const listener = (): void => heard.push(wake);
  return {
    name: 'simulated wake-up',
    count: () => count,
    wake,
    changedSince: async (seen, timeoutMs) => {
      if (count !== seen) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      waiting.add(resolve);
      await promise;
      clearTimeout(timer);
      waiting.delete(resolve);
    },
    start: async () => void store.listeners.add(listener),
    stop: async () => void store.listeners.delete(listener),
  };
};
