import { isDeepStrictEqual } from 'node:util';
import type { Copy, Invariant, Evidence, Violation } from '../evidence/evidence.ts';
import { dueEvents, keyOf, writtenEvents, type Due } from './events.ts';

type Body = Readonly<Record<string, unknown>> & { readonly data: Readonly<Record<string, unknown>> };

const holds = (said: Readonly<Record<string, unknown>>, facts: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(facts).every(([name, fact]) => isDeepStrictEqual(said[name], fact));

const isTrue = ({ id, type, subject, sequence, body }: Copy, due: Due): boolean => {
  const said = JSON.parse(body) as Body;
  const envelope = {
    id,
    type,
    subject,
    source: due.source,
    sequence: String(due.sequence).padStart(10, '0'),
    dataschema: `urn:mentor-sessions:${due.type}:1`,
    correlationid: due.bookingId,
  };
  return sequence === envelope.sequence && holds(said, envelope) && holds(said.data, due.data);
};

/** Each copy agrees with the rows. Copies of one event are equal, so reporting the first wrong one is enough. */
const truthful: Invariant = (evidence) => {
  const dueOf = new Map(dueEvents(evidence).map((due) => [keyOf(due.type, due.aggregate, due.messageId), due]));
  const lies = evidence.wire
    .filter(({ id }) => !evidence.ownMessages.has(id)) // only the test knows their bookings
    .map((copy) => ({ copy, due: dueOf.get(keyOf(copy.type, copy.subject, copy.id)) ?? null }))
    .filter(({ copy, due }) => !due || !isTrue(copy, due));
  return [...new Map(lies.map((lie) => [lie.copy.id, lie])).values()].map((witness) => ({
    invariant: 'I7' as const,
    says: witness.due ? 'an event is not true' : 'an event on the wire of what never happened',
    witness,
  }));
};

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I7', says, witness });

const oneRowForEach = (evidence: Evidence): Violation[] => {
  const rowsOf = Map.groupBy(writtenEvents(evidence), (row) => keyOf(row.type, row.aggregate_id, row.message_id));
  const wrong = dueEvents(evidence).flatMap((due) => {
    const key = keyOf(due.type, due.aggregate, due.messageId);
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

/** I8 checks the same for every event; consumers depend on this one. */
const completedIsHeard = ({ sessions, wire, wireHasGaps }: Evidence): Violation[] => {
  if (wireHasGaps) return [];
  const delivered = new Set(wire.map(({ id }) => id));
  return sessions.published
    .filter(({ type, message_id }) => type === 'session.completed' && !delivered.has(message_id))
    .map((row) => violation('a session.completed was never delivered', row));
};

const copiesAreEqual = ({ wire }: Evidence): Violation[] =>
  [...Map.groupBy(wire, ({ id }) => id).values()]
    .map((copies) => [...new Map(copies.map((copy) => [copy.body, copy])).values()])
    .filter(({ length }) => length > 1)
    .map((copies) => violation('copies of one event differ', copies));

/**
 * I7: every change has one event, above all session.completed: delivered at least once,
 * all copies equal, and true.
 */
export const everyChangeIsPublished: Invariant = (evidence) =>
  [oneRowForEach, completedIsHeard, copiesAreEqual, truthful].flatMap((part) => part(evidence));
