export type Due = { readonly at: number; readonly order: number };

const isBefore = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap: earliest first, and in the order of insertion if due at the same time. */
export const createHeap = <T extends Due>() => {
  const items: T[] = [];
  const swap = (i: number, j: number): void => {
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  };
  const rise = (from: number): void => {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(items[at] as T, items[parent] as T)) return;
      swap(at, parent);
      at = parent;
    }
  };
  const sink = (): void => {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      if (left >= items.length) return;
      const right = left + 1;
      const child = right < items.length && isBefore(items[right] as T, items[left] as T) ? right : left;
      if (!isBefore(items[child] as T, items[at] as T)) return;
      swap(at, child);
      at = child;
    }
  };
  return {
    size: (): number => items.length,
    first: (): T | undefined => items[0],
    push: (item: T): void => {
      items.push(item);
      rise(items.length - 1);
    },
    pop: (): T | undefined => {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0 && last) {
        items[0] = last;
        sink();
      }
      return first;
    },
  };
};
