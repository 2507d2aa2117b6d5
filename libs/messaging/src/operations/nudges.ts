/** Lets somebody sleep until there is something to look for. */
export type WakeUpSignal = {
  /** Grows with every nudge; read it before looking. */
  count(): number;
  /** Resolves once the count has left `seen`, or after `timeoutMs`. */
  changedSince(seen: number, timeoutMs: number): Promise<void>;
  /** Wakes everybody. */
  wake(): void;
};

export const createWakeUpSignal = (): WakeUpSignal => {
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
