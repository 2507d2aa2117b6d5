import type { Evidence, Invariant } from '../evidence/evidence.ts';
import type { Operation } from '../evidence/history.ts';
import { isLinearizable, type Interval } from './linearizable.ts';
import { moves } from './moves.ts';

type State = string;
type Effect = Pick<Interval<State>, 'step' | 'looks'>;
const absent = 'absent';

const sees = (expected: State): Effect => ({ looks: true, step: (state) => (state === expected ? state : undefined) });
const never: Effect = { step: () => undefined };

/** A response that was looked up may also show later changes. */
const shows = (status: string | null, to: State): boolean =>
  status === to || (to === 'in_progress' && status === 'completed');

const effectOf = ({ action, outcome, answer, status }: Operation): Effect | undefined => {
  const move = moves[action];
  if (move && outcome === 'ok' && !shows(status, move.to)) return never;
  if (move && outcome !== 'fail') return { step: (state) => (state === move.from ? move.to : undefined) };
  if (outcome === 'ok' && action === 'create') return status === 'draft' ? sees(status) : never;
  if (outcome === 'ok' && status) return sees(status); // a read
  if (answer === '409 invalid-transition' && status) return status === move?.from ? never : sees(status);
  if (answer === '409 mentor-double-booked') return sees('draft'); // otherwise the lifecycle would have refused it first
  if (answer.startsWith('404')) return sees(absent);
  return undefined; // does not show the state
};

const intervalOf = (operation: Operation): Interval<State>[] => {
  const effect = effectOf(operation);
  if (!effect) return [];
  const unknown = operation.outcome === 'info';
  return [{ from: operation.invokedAt, to: unknown ? Infinity : operation.endedAt, mayBeMissing: unknown, ...effect }];
};

/** The message creates the session at some time. */
const scheduling: Interval<State> = {
  from: -Infinity,
  to: Infinity,
  mayBeMissing: true,
  step: (state) => (state === absent ? 'scheduled' : undefined),
};
const finally_ = (status: State): Interval<State> => ({
  from: Infinity,
  to: Infinity,
  mayBeMissing: false,
  ...sees(status),
});

type Story = { readonly id: string; readonly status: State; readonly initial: State; readonly own: Interval<State>[] };

/** Also for what was requested and does not exist at the end: it must never have existed. */
const histories = ({ operations, bookings, sessions }: Evidence) => {
  const of = Map.groupBy(
    operations.filter(({ id }) => id !== null),
    ({ id }) => id as string,
  );
  const booking = bookings.bookings.map(({ id, status }): Story => ({ id, status, initial: 'draft', own: [] }));
  const session = sessions.sessions.map(({ id, status }): Story => ({
    id,
    status,
    initial: absent,
    own: [scheduling],
  }));
  const known = new Set([...booking, ...session].map(({ id }) => id));
  const missing = [...of.keys()]
    .filter((id) => !known.has(id))
    .map((id): Story => ({ id, status: absent, initial: absent, own: [] }));
  return [...booking, ...session, ...missing].map((each) => ({ ...each, operations: of.get(each.id) ?? [] }));
};

/** I6: all responses about one booking or session fit one order of events; reads never go back. */
export const linearizable: Invariant = (evidence) =>
  histories(evidence)
    .filter(({ operations, own, initial, status }) => {
      const intervals = [...own, ...operations.flatMap(intervalOf), finally_(status)];
      return !isLinearizable<State>(intervals, initial);
    })
    .map(({ id, status, operations }) => ({
      invariant: 'I6' as const,
      says: 'no order of events explains the answers',
      witness: { id, finally: status, operations },
    }));
