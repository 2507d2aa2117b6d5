import type { BookingRow, Evidence, Violation } from '../evidence/evidence.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I11', says, witness });

type Hour = Pick<BookingRow, 'id' | 'mentor_profile_id' | 'start_time' | 'end_time'>;

/** PostgreSQL's UTC times sort as text. Adjacent times do not overlap. */
const overlap = (a: Hour, b: Hour): boolean =>
  a.id !== b.id &&
  a.mentor_profile_id === b.mentor_profile_id &&
  a.start_time < b.end_time &&
  b.start_time < a.end_time;

const acceptedOf = ({ bookings }: Evidence) =>
  Map.groupBy(
    bookings.bookings.filter(({ status }) => status === 'accepted'),
    ({ mentor_profile_id }) => mentor_profile_id,
  );

const twoAtOnce = (own: readonly BookingRow[]): Violation[] => {
  const sorted = own.toSorted((a, b) => (a.start_time < b.start_time ? -1 : 1));
  return sorted.flatMap((booking, index) => {
    const next = sorted[index + 1];
    return next && overlap(booking, next)
      ? [violation('a mentor has two accepted bookings at once', [booking, next])]
      : [];
  });
};

/**
 * I11: accepted bookings of one mentor never overlap, and a refusal for that reason has an overlapping booking. `lost`: hours
 * of accepted bookings that a restore took back, which explain refusals only.
 */
export const noMentorIsDoubleBooked = (evidence: Evidence, lost: readonly Hour[] = []): Violation[] => {
  const accepted = acceptedOf(evidence);
  const rows = new Map(evidence.bookings.bookings.map((row) => [row.id, row]));
  const groundless = evidence.operations.filter(({ answer, id }) => {
    const refused = answer === '409 mentor-double-booked' ? rows.get(id ?? '') : undefined;
    const others = refused ? [...(accepted.get(refused.mentor_profile_id) ?? []), ...lost] : [];
    return refused && !others.some((other) => overlap(refused, other));
  });
  return [
    ...[...accepted.values()].flatMap(twoAtOnce),
    ...groundless.map((operation) => violation('refused as double-booked, and nothing overlaps', operation)),
  ];
};
