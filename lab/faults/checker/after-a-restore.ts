import type { BookingRow, Evidence, Restored, SessionRow, Violation } from '../evidence/evidence.ts';
import type { Operation } from '../evidence/history.ts';
import { moves } from './moves.ts';
import { sessionIdsOf } from './without.ts';

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I14', says, witness });

type After = Evidence & { readonly restored: Restored };

const isOf = (booking: BookingRow | undefined, session: SessionRow): boolean =>
  booking?.status === 'accepted' && booking.session_id === session.id;

/** The state that `ops reconcile` must report for a session; null: none; `unrepaired`: it should have been repaired. */
const stateOf = (session: SessionRow, booking: BookingRow | undefined, sequence: number): string | null => {
  if (!isOf(booking, session)) return 'unbooked';
  if (sequence === session.version) return null;
  return sequence > session.version ? 'ahead' : 'unrepaired';
};

const overlaps = (session: SessionRow, booking: BookingRow): boolean =>
  booking.status === 'accepted' &&
  booking.id !== session.booking_id &&
  booking.start_time < session.end_time &&
  session.start_time < booking.end_time;

/** reconcile reports the state of each session that differs, and nothing else. */
const sessionsAreNamed = ({ bookings, sessions, restored }: After): Violation[] => {
  const byId = new Map(bookings.bookings.map((row) => [row.id, row]));
  const ofMentor = Map.groupBy(bookings.bookings, ({ mentor_profile_id }) => mentor_profile_id);
  const known = new Map((bookings.known ?? []).map((row) => [row.booking_id, row]));
  const named = new Map(restored.named.news.map((one) => [one.sessionId, one]));
  const wrong = sessions.sessions.flatMap((session) => {
    const booking = byId.get(session.booking_id);
    const state = stateOf(session, booking, known.get(session.booking_id)?.sequence ?? 0);
    const said = named.get(session.id);
    named.delete(session.id);
    const witness = { session, booking: booking ?? null, known: known.get(session.booking_id) ?? null, said };
    if ((said?.state ?? null) !== state)
      return [violation(`a session is ${state}, and reconcile does not report it`, witness)];
    if (state !== 'unbooked') return [];
    const instead = ofMentor.get(session.mentor_profile_id)?.filter((other) => overlaps(session, other)) ?? [];
    const isRight = instead.length === 0 ? !said?.bookedInstead : instead.some(({ id }) => id === said?.bookedInstead);
    return isRight && said?.bookingStatus === (booking?.status ?? null)
      ? []
      : [violation('reconcile misreports a session without a booking', { ...witness, instead })];
  });
  const unknown = Array.from(named.values(), (said) =>
    violation('reconcile reports a session that does not exist', said),
  );
  return [...wrong, ...unknown];
};

/** An accepted booking has its session, or reconcile reports that another one exists. */
const bookingsAreNamed = ({ bookings, sessions, restored }: After): Violation[] => {
  const ofBooking = Map.groupBy(sessions.sessions, ({ booking_id }) => booking_id);
  const named = new Map(restored.named.overdue.map((one) => [one.bookingId, one]));
  const wrong = bookings.bookings.flatMap((booking) => {
    const said = named.get(booking.id);
    named.delete(booking.id);
    const own = ofBooking.get(booking.id) ?? [];
    const [session] = own;
    const witness = { booking, sessions: own, said };
    if (own.length > 1) return [violation('a booking has two sessions', witness)];
    if (booking.status !== 'accepted')
      return said ? [violation('reconcile reports a booking that is not accepted', witness)] : [];
    if (!session) return [violation('an accepted booking has no session', witness)];
    const state = isOf(booking, session) ? null : 'other session';
    return (said?.state ?? null) === state ? [] : [violation('reconcile misreports an accepted booking', witness)];
  });
  const unknown = Array.from(named.values(), (said) =>
    violation('reconcile reports a booking that does not exist', said),
  );
  return [...wrong, ...unknown];
};

/** Only what the restore took back may still differ. */
const onlyTakenBackIsNamed = ({ restored: { takenBack, named } }: After): Violation[] =>
  [...named.news, ...named.overdue]
    .filter(({ bookingId }) => !takenBack.has(bookingId))
    .map((said) => violation('a difference that the restore does not explain', said));

/** Changes that were answered before the restored time, after the restore, or by the other service, exist. */
const answersAreKept = ({ operations, bookings, sessions, restored }: After): Violation[] => {
  const done = new Set([...bookings.audit, ...sessions.audit].map(({ id, to_status }) => `${id} ${to_status}`));
  const isExempt = ({ aggregate, invokedAt, endedAt }: Operation): boolean =>
    `${aggregate}s` === restored.service && endedAt > restored.to && invokedAt < restored.at;
  return operations
    .filter(({ outcome, action }) => outcome === 'ok' && action !== 'read')
    .filter((operation) => !isExempt(operation))
    .filter(({ action, id }) => !done.has(`${id} ${moves[action]?.to ?? 'draft'}`))
    .map((operation) => violation('an answered change is missing, and the restore does not explain it', operation));
};

const explained = ['503 unavailable', '503 outcome-unknown'];

const noServerErrors = ({ operations }: After): Violation[] =>
  operations
    .filter(({ answer }) => /^5\d\d/.test(answer) && !explained.includes(answer))
    .map((operation) => violation('an unexplained server error', operation));

const reasons: Readonly<Record<string, string>> = {
  'session-already-exists': 'bookings',
  'unknown-booking': 'bookings',
};

/** Only messages about what the restore took back may be dead letters. */
const deadLettersAreExplained = (evidence: After): Violation[] => {
  const { bookings, sessions, wire, restored } = evidence;
  const aggregates = new Set([...restored.takenBack, ...sessionIdsOf(evidence, restored.takenBack)]);
  const about = new Map(wire.map(({ id, subject }) => [id, subject]));
  return [...bookings.deadLetters, ...sessions.deadLetters]
    .filter(({ resolution }) => resolution !== 'handled')
    .filter(({ reason, message_id }) => {
      return reasons[reason] !== restored.service || !aggregates.has(about.get(message_id ?? '') ?? '');
    })
    .map((letter) => violation('a dead letter that the restore does not explain', letter));
};

const nothingWaits = ({ bookings, sessions }: After): Violation[] =>
  [...bookings.outbox, ...sessions.outbox].map((row) => violation('a row still waits in an outbox', row));

const copiesAreEqual = ({ wire }: After): Violation[] =>
  [...Map.groupBy(wire, ({ id }) => id).values()]
    .filter((copies) => new Set(copies.map(({ body }) => body)).size > 1)
    .map((copies) => violation('copies of one event differ', copies));

/**
 * I14: after one database was restored, reconcile has repaired or reports every difference, and nothing
 * else. All other invariants hold for what the restore did not take back.
 */
export const afterARestore = (evidence: After): Violation[] =>
  [
    sessionsAreNamed,
    bookingsAreNamed,
    onlyTakenBackIsNamed,
    answersAreKept,
    noServerErrors,
    deadLettersAreExplained,
    nothingWaits,
    copiesAreEqual,
  ].flatMap((part) => part(evidence));
