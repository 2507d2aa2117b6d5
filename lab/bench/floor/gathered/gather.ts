/** Asks for all that has been waiting while a statement was under way, two at a time; an answer for each, in their order. */
export const gather = <Item, Result>(ask: (items: Item[]) => Promise<Result[]>): ((item: Item) => Promise<Result>) => {
  const waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  let free = 2;
  const next = async (): Promise<void> => {
    if (free === 0 || waiting.length === 0) return;
    const batch = waiting.splice(0, 50);
    free -= 1;
    try {
      const results = await ask(batch.map(({ item }) => item));
      for (const [n, { resolve }] of batch.entries()) resolve(results[n] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    free += 1;
    void next();
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      void next();
    });
};
