import type { Databases } from './connections.ts';
import { findDoubleBookings } from './double-bookings.ts';
import { findOverdueBookings, type OverdueBooking } from './overdue-bookings.ts';
import { compareReported } from './reported-sessions.ts';
import {
  compareAgain,
  compareSessions,
  readClock,
  secondsBefore,
  type SessionDifference,
} from './session-comparison.ts';

/** Default maximum of each kind. */
export const MAX_FOUND = 500;

/** What differs between the two services. */
export type Drift = { readonly overdue: readonly OverdueBooking[]; readonly news: readonly Difference[] };

type Comparing = {
  readonly overdue: readonly OverdueBooking[];
  readonly since: Date;
  readonly limitSeconds: number;
  readonly limit?: number;
};

/** `bookedInstead`: for an unbooked session, an accepted booking of its mentor at the same time. */
export type Difference = SessionDifference & { readonly bookedInstead?: string | null };

/** The first of each kind. */
const firstOf = (limit: number) => {
  const kinds = new Map<SessionDifference['state'], Map<string, SessionDifference>>();
  return {
    add: (one: SessionDifference): void => {
      const found = kinds.get(one.state) ?? new Map<string, SessionDifference>();
      if (found.size < limit) kinds.set(one.state, found.set(one.sessionId, one));
    },
    all: (): SessionDifference[] => [...kinds.values()].flatMap((found) => [...found.values()]),
  };
};

/** Sessions that differ, among those that changed or were reported since then and those of overdue bookings. */
export const findDifferences = async (
  databases: Databases,
  { overdue, since, limitSeconds, limit = MAX_FOUND }: Comparing,
): Promise<Difference[]> => {
  const to = secondsBefore(await readClock(databases), limitSeconds);
  const existing = overdue.filter(({ state }) => state === 'session exists').map(({ sessionId }) => sessionId);
  const found = firstOf(limit);
  (await compareAgain(databases, existing, to)).forEach(found.add);
  const period = { from: since, to };
  for (const pages of [compareSessions(databases, period), compareReported(databases, period)])
    for await (const page of pages) page.forEach(found.add);
  const bookedInstead = await findDoubleBookings(databases, found.all());
  return found.all().map((one) => {
    return one.state === 'unbooked' ? { ...one, bookedInstead: bookedInstead.get(one.sessionId) ?? null } : one;
  });
};

const A_WEEK_MS = 7 * 86_400_000;

type Wanted = {
  /** Seconds: younger changes may be in flight. */
  readonly olderThan: number;
  readonly since?: Date;
  readonly limit?: number;
};

/** Both kinds; by default of sessions that changed within a week. */
export const findDrift = async (
  databases: Databases,
  { olderThan, limit = MAX_FOUND, since = new Date(Date.now() - A_WEEK_MS) }: Wanted,
): Promise<Drift> => {
  const overdue = await findOverdueBookings(databases, olderThan, limit);
  return { overdue, news: await findDifferences(databases, { overdue, since, limitSeconds: olderThan, limit }) };
};
