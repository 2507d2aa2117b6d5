/** Runs `work` `count` times, `concurrency` at a time; returns the results in order, and rejects with the first error. */
export const inParallel = async <T>(
  { count, concurrency }: { count: number; concurrency: number },
  work: (index: number) => Promise<T>,
): Promise<T[]> => {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
};

/** Repeats `work` in `concurrency` parallel loops until `stop()`. */
export const steadyLoad = (concurrency: number, work: () => Promise<void>) => {
  let going = true;
  const line = async (): Promise<void> => {
    while (going) await work();
  };
  const lines = Promise.all(Array.from({ length: concurrency }, line));
  lines.catch(() => (going = false)); // reported by stop()
  return {
    stop: async (): Promise<void> => {
      going = false;
      await lines;
    },
  };
};
