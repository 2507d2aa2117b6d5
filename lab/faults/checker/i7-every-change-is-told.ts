import type { Evidence, Invariant, Violation } from '../evidence/evidence.ts';
import { dueEvents, toldEvents } from './events.ts';
import { truthful } from './i7-truthful.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I7', says, witness });

const oneRowForEach = (evidence: Evidence): Violation[] => {
  const rowsOf = Map.groupBy(toldEvents(evidence), (row) => `${row.type} of ${row.aggregate_id}`);
  const wrong = dueEvents(evidence).flatMap((due) => {
    const key = `${due.type} of ${due.aggregate}`;
    const rows = rowsOf.get(key) ?? [];
    rowsOf.delete(key);
    const [row] = rows;
    if (!row || rows.length > 1)
      return [violation(`${rows.length} rows of ${due.type} where one is due`, { due, rows })];
    const isIt = row.sequence === due.sequence && (due.messageId ?? row.message_id) === row.message_id;
    return isIt ? [] : [violation('an event has another id or sequence than its change', { due, row })];
  });
  return [...wrong, ...[...rowsOf.values()].map((rows) => violation('an event of what never happened', rows))];
};

/** I8 asks for the same of every event; this one others live on. */
const completedIsHeard = ({ sessions, wire, wireHasGaps }: Evidence): Violation[] => {
  if (wireHasGaps) return [];
  const heard = new Set(wire.map(({ id }) => id));
  return sessions.published
    .filter(({ type, message_id }) => type === 'session.completed' && !heard.has(message_id))
    .map((row) => violation('a session.completed was never delivered', row));
};

const copiesAreEqual = ({ wire }: Evidence): Violation[] =>
  [...Map.groupBy(wire, ({ id }) => id).values()]
    .map((copies) => [...new Map(copies.map((copy) => [copy.body, copy])).values()])
    .filter(({ length }) => length > 1)
    .map((copies) => violation('copies of one event differ', copies));

/**
 * I7: one session.completed for each completed session, delivered at least once, all copies equal, and true; and so it is
 * with every other event.
 */
export const everyChangeIsTold: Invariant = (evidence) =>
  [oneRowForEach, completedIsHeard, copiesAreEqual, truthful].flatMap((part) => part(evidence));
