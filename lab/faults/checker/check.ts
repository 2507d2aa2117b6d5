import type { Evidence, Invariant, Violation } from '../evidence/evidence.ts';
import { afterARestore } from './after-a-restore.ts';
import { oneSessionForEachAcceptedBooking } from './i1-one-session-for-each-accepted-booking.ts';
import { noSessionWithoutAcceptance } from './i2-no-session-without-acceptance.ts';
import { sameTimesAndPeople } from './i3-same-times-and-people.ts';
import { auditIsAPrefixOfTheLifecycle } from './i4-audit-is-a-prefix-of-the-lifecycle.ts';
import { allExplained } from './i5-all-explained.ts';
import { linearizable } from './i6-linearizable.ts';
import { everyChangeIsPublished } from './i7-every-change-is-published.ts';
import { conservation } from './i8-conservation.ts';
import { orderOnTheWire } from './i9-order-on-the-wire.ts';
import { nothingLeaks } from './i10-nothing-leaks.ts';
import { bookingsKnowsEachState } from './i12-bookings-knows-each-state.ts';
import { timeIsTold } from './i13-what-follows-from-time.ts';
import { noMentorIsDoubleBooked } from './i11-no-mentor-is-double-booked.ts';
import { without } from './without.ts';

/** All but I11, which a restore changes. */
const invariants: readonly Invariant[] = [
  oneSessionForEachAcceptedBooking,
  noSessionWithoutAcceptance,
  sameTimesAndPeople,
  auditIsAPrefixOfTheLifecycle,
  allExplained,
  linearizable,
  everyChangeIsPublished,
  conservation,
  orderOnTheWire,
  nothingLeaks,
  bookingsKnowsEachState,
  timeIsTold,
];

/** All violations of all invariants. */
export const check = (evidence: Evidence): Violation[] => {
  const { restored } = evidence;
  if (!restored)
    return [...invariants.flatMap((invariant) => invariant(evidence)), ...noMentorIsDoubleBooked(evidence)];
  // what a restore took back contradicts earlier responses, but it may be the mentor's other booking at that time
  const kept = without(evidence, restored.takenBack);
  const withAllHours = { ...kept, bookings: { ...kept.bookings, bookings: evidence.bookings.bookings } };
  const lost = evidence.sessions.sessions
    .filter(({ booking_id }) => restored.takenBack.has(booking_id))
    .map((session) => ({ ...session, id: session.booking_id }));
  return [
    ...invariants.flatMap((invariant) => invariant(kept)),
    ...noMentorIsDoubleBooked(withAllHours, lost),
    ...afterARestore({ ...evidence, restored }),
  ];
};
