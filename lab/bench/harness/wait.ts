import { setTimeout as pause } from 'node:timers/promises';

/** Asks until it is so, often enough for a measurement and seldom enough not to be one's subject. False: time ran out. */
export const until = async (
  isSo: () => Promise<boolean> | boolean,
  withinMs: number,
  everyMs = 10,
): Promise<boolean> => {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) return false;
    await pause(everyMs);
  }
  return true;
};

/** Does `act` at a steady rate, whether or not the ones before are done: who is late is not spared. */
export const atRate = async (perSecond: number, count: number, act: (n: number) => Promise<void>): Promise<void> => {
  const began = performance.now();
  const acting: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    const wait = began + (n * 1_000) / perSecond - performance.now();
    if (wait > 0) await pause(wait);
    acting.push(act(n));
  }
  await Promise.all(acting);
};
