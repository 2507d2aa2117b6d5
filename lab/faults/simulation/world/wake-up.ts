import type { WakeUp } from '@mentor-sessions/messaging';
import type { Owner } from '../clock/scheduler.ts';
import type { Store } from '../store/store.ts';

/** Like createWakeUp, without its connection to PostgreSQL: receives notifications, or misses them. */
export const simulatedWakeUp = (store: Store, owner: Owner): WakeUp => {
  const received = store.scheduler.pipe(owner);
  const listeners: (() => void)[] = [];
  const wake = (): void => listeners.forEach((listener) => listener());
  const onNotified = (): void => received.push(wake);
  return {
    name: 'simulated wake-up',
    wake,
    onWake: (listener) => void listeners.push(listener),
    start: async () => void store.listeners.add(onNotified),
    stop: async () => void store.listeners.delete(onNotified),
  };
};
