import type { Steps, Tx } from './transaction.ts';

/** A row with at most one uncommitted change: other changes wait. */
export type Row<V> = {
  committed: V | null;
  changedBy: Tx | null;
  /** The version of `changedBy`; null: deleted. */
  changed: V | null;
};

export const seenBy = <V>(tx: Tx | null, row: Row<V>): V | null =>
  tx && row.changedBy === tx ? row.changed : row.committed;

/** Rows under READ COMMITTED by key; a row may have several unique keys. */
export const createTable = <V>() => {
  const index = new Map<string, Row<V>>();
  const primary = new Set<Row<V>>();
  const keysOf = new Map<Row<V>, readonly string[]>();

  const forget = (row: Row<V>): void => {
    primary.delete(row);
    for (const key of keysOf.get(row) ?? []) if (index.get(key) === row) index.delete(key);
    keysOf.delete(row);
  };

  const change = (tx: Tx, row: Row<V>, value: V | null): void => {
    row.changed = value;
    if (row.changedBy === tx) return;
    row.changedBy = tx;
    tx.ends.push((committed) => {
      if (committed) row.committed = row.changed;
      row.changedBy = row.changed = null;
      if (row.committed === null) forget(row);
    });
  };

  /** Waits until no other transaction is changing the row; null: it was deleted. */
  function* lock(tx: Tx, row: Row<V>): Steps<V | null> {
    while (row.changedBy && row.changedBy !== tx) yield row.changedBy;
    return seenBy(tx, row);
  }

  /** False: such a row exists. Waits for a transaction that is inserting or deleting one. */
  function* insert(tx: Tx, keys: readonly string[], value: V): Steps<boolean> {
    for (const key of keys) {
      for (let other = index.get(key); other; other = index.get(key)) {
        if ((yield* lock(tx, other)) !== null) return false;
        if (index.get(key) === other) break; // deleted by ourselves
      }
    }
    const row: Row<V> = { committed: null, changedBy: null, changed: null };
    primary.add(row);
    keysOf.set(row, keys);
    for (const key of keys) index.set(key, row);
    change(tx, row, value);
    return true;
  }

  return {
    rows: (): Iterable<Row<V>> => primary,
    get: (key: string) => index.get(key),
    insert,
    lock,
    change,
    /** Frees the key; the row keeps its other keys. */
    release: (key: string): void => void index.delete(key),
    committed: (): V[] => [...primary].flatMap(({ committed }) => (committed === null ? [] : [committed])),
  };
};
