type Options<Item, Result> = {
  /** Handles some items at once; a result or its promise for each, in their order. If it rejects, each of them does. */
  readonly work: (items: readonly Item[]) => Promise<readonly (Result | Promise<Result>)[]>;
  /** Batches in progress at a time. */
  readonly places: number;
  /** Items that must wait before another batch starts beside one in progress: large batches cost less. Default: 1. */
  readonly crowd?: number;
  /** Items of a batch, at most. */
  readonly most: number;
  /** Bytes of a batch, at most, unless its first item is larger. */
  readonly mostBytes?: number;
  readonly bytesOf?: (item: Item) => number;
  /** Items that have one of these in common are never in progress at the same time. */
  readonly keysOf?: (item: Item) => readonly string[];
};

/** A batch that takes longer makes place for another: a stuck connection must not hold up the others. */
const SLOW_MS = 100;
/** Slow batches that may be in progress beside the others. */
const MOST_SLOW = 4;

type Waiting<Item, Result> = {
  readonly item: Item;
  readonly keys: readonly string[];
  readonly bytes: number;
  readonly resolve: (result: Result | Promise<Result>) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Items that arrive while a batch is in progress become the next batch. There is no timer: what arrives in one turn of the
 * event loop and finds a free place is a batch at the end of that turn, and batches grow with the load.
 */
export const gather = <Item, Result>(options: Options<Item, Result>): ((item: Item) => Promise<Result>) => {
  const { work, places, crowd = 1, most, mostBytes = Infinity, bytesOf = () => 0, keysOf = () => [] } = options;
  const busy = new Set<string>();
  let waiting: Waiting<Item, Result>[] = [];
  let inProgress = 0;
  let slow = 0;

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
    let isSlow = false;
    const timer = setTimeout(() => {
      if (slow === MOST_SLOW) return;
      isSlow = true;
      slow += 1;
      start();
    }, SLOW_MS);
    inProgress += 1;
    await handle(batch);
    clearTimeout(timer);
    inProgress -= 1;
    if (isSlow) slow -= 1;
    for (const { keys } of batch) for (const key of keys) busy.delete(key);
    start();
  };

  const hasPlace = (): boolean => {
    const quick = inProgress - slow;
    return quick === 0 || (quick < places && waiting.length >= crowd);
  };

  const start = (): void => {
    while (waiting.length > 0 && hasPlace()) {
      const batch = takeBatch();
      if (batch.length === 0) return;
      void run(batch);
    }
  };

  let isDue = false;
  const startSoon = (): void => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      start();
    });
  };

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, keys: keysOf(item), bytes: bytesOf(item), resolve, reject });
      startSoon();
    });
};
