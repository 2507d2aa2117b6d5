/** An operation on one object: between these two moments it took effect, unless it `mayBeMissing`. */
export type Interval<State> = {
  readonly from: number;
  /** Infinity: it may take effect at any later time. */
  readonly to: number;
  readonly mayBeMissing: boolean;
  /** The state after it, or undefined if it cannot have happened in this one. */
  readonly step: (state: State) => State | undefined;
  /** It never changes the state. Known to be so, it costs nothing: it is taken as soon as it fits. */
  readonly looks?: boolean;
};

/** What has happened, one bit for each; the state then; no operation that ended before `now` can happen any more. */
type Moment<State> = { readonly done: bigint; readonly state: State; readonly now: number };

const isNotOverAt =
  (now: number) =>
  ({ operation }: { readonly operation: Pick<Interval<unknown>, 'to'> }): boolean =>
    operation.to >= now;

/**
 * Whether some order of the operations that respects real time explains them all (Wing and Gong 1993, with the memory of
 * Lowe 2017): a search over which have happened and the state then. Small histories only: it is exponential in those
 * that overlap and change the state. Taking what only looks shuts no other way.
 */
export const isLinearizable = <State>(operations: readonly Interval<State>[], initial: State): boolean => {
  const sorted = operations
    .toSorted((a, b) => a.from - b.from)
    .map((operation, index) => ({ operation, bit: 1n << BigInt(index) }));
  const seen = new Set<string>();
  const search = ({ done, state, now }: Moment<State>): boolean => {
    const key = `${done} ${String(state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const open = sorted.filter(({ operation, bit }) => !(done & bit) && operation.to >= now);
    const must = open.filter(({ operation }) => !operation.mayBeMissing);
    if (must.length === 0) return true;
    const firstEnd = Math.min(...must.map(({ operation }) => operation.to));
    const next = open
      .filter(({ operation }) => operation.from <= firstEnd)
      .map(({ operation, bit }) => ({
        done: done | bit,
        state: operation.step(state),
        now: Math.max(now, operation.from),
        looks: operation.looks && !operation.mayBeMissing,
      }))
      .filter((moment): moment is typeof moment & { state: State } => moment.state !== undefined);
    const look = next.find((moment) => moment.looks && open.every(isNotOverAt(moment.now)));
    return look ? search(look) : next.some(search);
  };
  return search({ done: 0n, state: initial, now: -Infinity });
};
