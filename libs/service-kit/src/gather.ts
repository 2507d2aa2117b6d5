type Options<Item, Result> = {
  /** Handles some items at once; a result for each, in their order. If it rejects, each of them does. */
  readonly work: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Batches under way at a time. */
  readonly places: number;
  /** Items of a batch, at most. */
  readonly most: number;
  /** Bytes of a batch, at most, unless its first item is larger. */
  readonly mostBytes?: number;
  readonly bytesOf?: (item: Item) => number;
  /** Items that have one of these in common are never under way at the same time. */
  readonly keysOf?: (item: Item) => readonly string[];
};

/** A batch that takes longer leaves its place to another: a stuck connection must not hold up the others. */
const SLOW_MS = 100;
/** Places that slow batches may leave. */
const MORE_PLACES = 4;

type Waiting<Item, Result> = {
  readonly item: Item;
  readonly keys: readonly string[];
  readonly bytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Items that arrive while batches are under way become the next batch. There is no timer: what arrives in one turn of the
 * event loop and finds a free place is a batch at the end of that turn, and batches grow with the load.
 */
export const gather = <Item, Result>(options: Options<Item, Result>): ((item: Item) => Promise<Result>) => {
  const { work, most, mostBytes = Infinity, bytesOf = () => 0, keysOf = () => [] } = options;
  const busy = new Set<string>();
  let waiting: Waiting<Item, Result>[] = [];
  let freePlaces = options.places;
  let morePlaces = MORE_PLACES;

  /** The longest waiting first. What cannot be part of the batch keeps its place in the queue. */
  const takeBatch = (): Waiting<Item, Result>[] => {
    const batch: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    let bytes = 0;
    for (const one of waiting) {
      const hasRoom = batch.length === 0 || (batch.length < most && bytes + one.bytes <= mostBytes);
      if (!hasRoom || one.keys.some((key) => busy.has(key))) {
        left.push(one);
        continue;
      }
      batch.push(one);
      bytes += one.bytes;
      for (const key of one.keys) busy.add(key);
    }
    waiting = left;
    return batch;
  };

  const handle = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await work(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw new Error(`${results.length} results for ${batch.length} items`);
      for (const [n, { resolve }] of batch.entries()) resolve(results[n] as Result);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };

  const run = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    let wasSlow = false;
    const slow = setTimeout(() => {
      if (morePlaces === 0) return;
      wasSlow = true;
      morePlaces -= 1;
      freePlaces += 1;
      startNext();
    }, SLOW_MS);
    freePlaces -= 1;
    await handle(batch);
    clearTimeout(slow);
    for (const key of batch.flatMap(({ keys }) => keys)) busy.delete(key);
    if (wasSlow) morePlaces += 1;
    else freePlaces += 1;
    startNext();
  };

  let isDue = false;
  const startSoon = (): void => {
    if (isDue || freePlaces === 0) return;
    isDue = true;
    setImmediate(startNext);
  };

  const startNext = (): void => {
    isDue = false;
    while (freePlaces > 0 && waiting.length > 0) {
      const batch = takeBatch();
      if (batch.length === 0) return;
      void run(batch);
    }
  };

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, keys: keysOf(item), bytes: bytesOf(item), resolve, reject });
      startSoon();
    });
};
