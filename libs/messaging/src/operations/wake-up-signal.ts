/** Tells loops that there is something to do. */
export type WakeUpSignal = {
  /** Calls every listener. */
  wake(): void;
  onWake(listener: () => void): void;
};

export const createWakeUpSignal = (): WakeUpSignal => {
  const listeners: (() => void)[] = [];
  return {
    wake: () => listeners.forEach((listener) => listener()),
    onWake: (listener) => void listeners.push(listener),
  };
};
