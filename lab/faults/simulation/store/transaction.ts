/** One transaction of the simulated store, committed or rolled back at its end. */
export type Tx = {
  readonly startedAt: number;
  readonly ends: ((committed: boolean) => void)[];
  readonly waiters: (() => void)[];
  waitsFor: Tx | null;
  ended: boolean;
  failed: boolean;
};

export const beginTx = (startedAt: number): Tx => ({
  startedAt,
  ends: [],
  waiters: [],
  waitsFor: null,
  ended: false,
  failed: false,
});

export const endTx = (tx: Tx, committed: boolean): void => {
  if (tx.ended) return;
  tx.ended = true;
  for (const end of tx.ends) end(committed);
  for (const waiter of tx.waiters.splice(0)) waiter();
};

/** Whether waiting for `other` would be a deadlock. */
export const isDeadlock = (tx: Tx, other: Tx): boolean => {
  for (let at: Tx | null = other; at; at = at.waitsFor) if (at === tx) return true;
  return false;
};

/** A statement in steps: it yields the transaction that it must wait for. */
export type Steps<T> = Generator<Tx, T, void>;
