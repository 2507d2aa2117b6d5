/** An operation on one object, which took effect between these two moments, unless it `mayBeMissing`. */
export type Interval<State> = {
  readonly from: number;
  /** Infinity: it may take effect at any later time. */
  readonly to: number;
  readonly mayBeMissing: boolean;
  /** The state after it; undefined if it is impossible in this state. */
  readonly step: (state: State) => State | undefined;
  /** A read. It is taken as soon as it fits, which makes it cheap. */
  readonly looks?: boolean;
};

type Pending<State> = Interval<State> & { readonly bit: bigint };

/** Operations that have happened (one bit each), those still possible, the state, and the latest time. */
type Moment<State> = {
  readonly done: bigint;
  readonly open: readonly Pending<State>[];
  readonly state: State;
  readonly now: number;
};

/** Candidates for the next operation: those that begin before the end of any mandatory one. `open` is sorted by beginning. */
const nextOf = <State>(open: readonly Pending<State>[]) => {
  let [firstEnd, firstEndThatMust, count] = [Infinity, Infinity, 0];
  for (const { from, to, mayBeMissing } of open) {
    if (from > firstEndThatMust) break;
    count += 1;
    firstEnd = Math.min(firstEnd, to);
    if (!mayBeMissing) firstEndThatMust = Math.min(firstEndThatMust, to);
  }
  return { next: open.slice(0, count), later: open.slice(count), firstEnd };
};

/**
 * Whether some order of the operations that respects real time explains all of them (Wing and Gong 1993, with the cache of
 * Lowe 2017): a search over the operations that have happened and the state. It is exponential in the concurrent ones that change
 * the state, but not in reads: taking a read as soon as it fits excludes no other order, so a long
 * sequence of them is a loop.
 */
export const isLinearizable = <State>(operations: readonly Interval<State>[], initial: State): boolean => {
  const sorted = operations
    .toSorted((a, b) => a.from - b.from)
    .map((operation, index) => ({ ...operation, bit: 1n << BigInt(index) }));
  const seen = new Set<string>();

  const search = (start: Moment<State>): boolean => {
    let moment = start;
    for (;;) {
      const { done, open, state, now } = moment;
      if (open.every(({ mayBeMissing }) => mayBeMissing)) return true;
      const { next, later, firstEnd } = nextOf(open);
      const after = (taken: Pending<State>): Moment<State> => {
        const reached = Math.max(now, taken.from);
        const left = next.filter((operation) => operation !== taken && operation.to >= reached);
        const becomes = taken.step(state) as State;
        return { done: done | taken.bit, open: left.concat(later), state: becomes, now: reached };
      };
      const possible = next.filter(({ step }) => step(state) !== undefined);
      const look = possible.find(
        ({ looks, mayBeMissing, from }) => looks && !mayBeMissing && firstEnd >= Math.max(now, from),
      );
      if (!look) {
        const key = `${done} ${String(state)}`;
        if (seen.has(key)) return false;
        seen.add(key);
        return possible.some((operation) => search(after(operation)));
      }
      moment = after(look);
    }
  };
  return search({ done: 0n, open: sorted, state: initial, now: -Infinity });
};
