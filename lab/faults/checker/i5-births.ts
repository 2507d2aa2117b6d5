import type { Invariant, Violation } from '../evidence/evidence.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I5', says, witness });

/** Each booking was asked for: by the answered request that told its id, or by one whose end nobody knows. */
export const birthsAreExplained: Invariant = ({ operations, bookings }) => {
  const creates = operations.filter(({ action }) => action === 'create');
  const answered = creates.filter(({ outcome }) => outcome === 'ok');
  const rows = new Map(bookings.bookings.map((row) => [row.id, row]));
  const asked = Map.groupBy(answered, ({ id }) => id);
  const missing = answered
    .filter(({ id, actor }) => rows.get(id ?? '')?.mentee_user_id !== actor)
    .map((operation) => violation('a booking that was answered is not there, or another’s', operation));
  const twice = [...asked.values()]
    .filter(({ length }) => length > 1)
    .map((both) => violation('two requests were answered with one booking', both));
  const unknown = Map.groupBy(
    creates.filter(({ outcome }) => outcome === 'info'),
    ({ actor }) => actor,
  );
  const unnamed = bookings.bookings.filter(({ id }) => !asked.has(id));
  const surplus = [...Map.groupBy(unnamed, ({ mentee_user_id }) => mentee_user_id)]
    .map(([mentee, own]) => ({ mentee, unknown: unknown.get(mentee)?.length ?? 0, bookings: own.map(({ id }) => id) }))
    .filter((each) => each.bookings.length > each.unknown)
    .map((witness) => violation('more bookings than anybody asked for', witness));
  return [...missing, ...twice, ...surplus];
};
