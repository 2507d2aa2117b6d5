import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { createListener } from '../listener.ts';
import { OUTBOX_CHANNEL } from '../outbox/announcer.ts';

/** Lets somebody sleep until there is something to look for. */
export type Nudges = {
  /** Grows with every nudge; read it before looking. */
  count(): number;
  /** Resolves once the count has left `seen`, or after `timeoutMs`. */
  changedSince(seen: number, timeoutMs: number): Promise<void>;
  /** Wakes everybody. */
  wake(): void;
};

export type WakeUp = Component & Nudges;

export const createNudges = (): Nudges => {
  let count = 0;
  let waiting = new Set<() => void>();
  return {
    count: () => count,
    wake: () => {
      count++;
      const woken = waiting;
      waiting = new Set();
      for (const resolve of woken) resolve();
    },
    changedSince: async (seen, timeoutMs) => {
      if (count !== seen) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      waiting.add(resolve);
      await promise;
      clearTimeout(timer);
      waiting.delete(resolve);
    },
  };
};

/** Listens for announcements, and wakes relays by them. */
export const createWakeUp = (databaseUrl: string, log: Logger): WakeUp => {
  const nudges = createNudges();
  const name = 'outbox wake-up';
  return { ...createListener({ databaseUrl, channel: OUTBOX_CHANNEL, name, onNotified: nudges.wake, log }), ...nudges };
};
