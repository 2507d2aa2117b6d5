import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BookingRow, Evidence, Restored, SessionRow } from '../evidence/evidence.ts';
import { aFullWorld } from './a-lawful-world.ts';
import { check } from './check.ts';

type Case = { readonly evidence: Evidence; readonly booking: BookingRow; readonly session: SessionRow };

/** Worlds in which bookings has received each session; one session with its booking. */
const aCase = aFullWorld
  .filter(({ ownBookings, poisoned, wireHasGaps }) => ownBookings.size + poisoned.size === 0 && !wireHasGaps)
  .map((evidence): Case | null => {
    const { sessions } = evidence.sessions;
    const known = sessions.map(({ booking_id, status, version }) => ({ booking_id, status, sequence: version }));
    const session = sessions.find(({ version }) => version > 1);
    const booking = evidence.bookings.bookings.find(({ id }) => id === session?.booking_id);
    const bookings = { ...evidence.bookings, known };
    return session && booking ? { evidence: { ...evidence, bookings, statesMustAgree: true }, booking, session } : null;
  })
  .filter((one) => one !== null);

const nothing: Restored = {
  service: 'bookings',
  takenBack: new Set(),
  to: -Infinity,
  at: Infinity,
  named: { news: [], overdue: [] },
};

const found = (evidence: Evidence, restored: Partial<Restored>): string[] => {
  const violations = check({ ...evidence, restored: { ...nothing, ...restored } });
  return [...new Set(violations.map(({ invariant, says }) => `${invariant}: ${says}`))];
};

const always = (holds: (of: Case) => void): void => {
  fc.assert(fc.property(aCase, holds), { numRuns: 50, endOnFailure: true });
};

const without = ({ evidence, booking }: Case): Evidence => {
  const { bookings } = evidence;
  const others = <R extends { readonly id: string }>(rows: readonly R[]): R[] =>
    rows.filter(({ id }) => id !== booking.id);
  const of = (rows: Evidence['bookings']['published']) =>
    rows.filter(({ aggregate_id }) => aggregate_id !== booking.id);
  const known = (bookings.known ?? []).filter(({ booking_id }) => booking_id !== booking.id);
  const rest = {
    bookings: others(bookings.bookings),
    audit: others(bookings.audit),
    published: of(bookings.published),
  };
  return { ...evidence, bookings: { ...bookings, ...rest, known } };
};

const unbooked = ({ session }: Case) => {
  const { id: sessionId, booking_id: bookingId } = session;
  return { sessionId, bookingId, state: 'unbooked', bookingStatus: null, bookedInstead: null };
};

test('a restore that took nothing back changes nothing', () => {
  always(({ evidence }) => expect(found(evidence, {})).toEqual([]));
});

test('a lost booking may be missing if reconcile names its session', () => {
  always((of) => {
    const takenBack = new Set([of.booking.id]);
    const named = { news: [unbooked(of)], overdue: [] };
    expect(found(without(of), { takenBack, named })).toEqual([]);
    expect(found(without(of), { takenBack })).toEqual(['I14: a session is unbooked, and reconcile does not report it']);
    const wrong = { news: [{ ...unbooked(of), bookingStatus: 'draft' }], overdue: [] };
    expect(found(without(of), { takenBack, named: wrong })).toEqual([
      'I14: reconcile misreports a session without a booking',
    ]);
  });
});

test('a difference that the restore does not explain is reported', () => {
  always((of) => {
    const named = { news: [unbooked(of)], overdue: [] };
    expect(found(without(of), { named })).toContain('I14: a difference that the restore does not explain');
    expect(found(without(of), { named })).toContain('I2: a session whose booking was not accepted');
  });
});

test('what was answered before the restored time may not be missing', () => {
  always((of) => {
    const takenBack = new Set([of.booking.id]);
    const named = { news: [unbooked(of)], overdue: [] };
    expect(found(without(of), { takenBack, named, to: Infinity })).toContain(
      'I14: an answered change is missing, and the restore does not explain it',
    );
  });
});

test('a session that does not come back is lost', () => {
  always(({ evidence, booking, session }) => {
    const { sessions } = evidence.sessions;
    const rest = { ...evidence.sessions, sessions: sessions.filter(({ id }) => id !== session.id) };
    const restored = { service: 'sessions', takenBack: new Set([booking.id]) } as const;
    expect(found({ ...evidence, sessions: rest }, restored)).toEqual(['I14: an accepted booking has no session']);
  });
});

test('an earlier state of a session must be named', () => {
  always(({ evidence, booking, session }) => {
    const known = (evidence.bookings.known ?? []).map((row) => {
      return row.booking_id === booking.id ? { ...row, sequence: row.sequence + 1 } : row;
    });
    const world = { ...evidence, bookings: { ...evidence.bookings, known } };
    const restored = { service: 'sessions', takenBack: new Set([booking.id]) } as const;
    const news = [{ sessionId: session.id, bookingId: booking.id, state: 'ahead' }];
    expect(found(world, { ...restored, named: { news, overdue: [] } })).toEqual([]);
    expect(found(world, restored)).toEqual(['I14: a session is ahead, and reconcile does not report it']);
  });
});
