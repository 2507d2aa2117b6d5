/** Whether a role of this process is to stand still, by an operator's wish. */
export type PauseSwitch = {
  isPaused(): boolean;
  /** Aborted from the moment when work is to stand still; another one after each resume. */
  paused(): AbortSignal;
  /** Resolves when work may go on, or `over` is aborted. */
  whenResumed(over: AbortSignal): Promise<void>;
  set(isPaused: boolean): void;
};

export const createPauseSwitch = (): PauseSwitch => {
  let pausing = new AbortController();
  let resumed = Promise.withResolvers<void>();
  return {
    isPaused: () => pausing.signal.aborted,
    paused: () => pausing.signal,
    whenResumed: async (over) => {
      while (pausing.signal.aborted && !over.aborted) {
        const ended = Promise.withResolvers<void>();
        over.addEventListener('abort', () => ended.resolve(), { once: true });
        await Promise.race([resumed.promise, ended.promise]);
      }
    },
    set: (isPaused) => {
      if (isPaused === pausing.signal.aborted) return;
      if (isPaused) {
        resumed = Promise.withResolvers();
        pausing.abort();
      } else {
        pausing = new AbortController();
        resumed.resolve();
      }
    },
  };
};
