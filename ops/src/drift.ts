import type { Databases } from './connections.ts';
import { findOverdueBookings, type OverdueBooking } from './overdue-bookings.ts';
import {
  compareAgain,
  compareReported,
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
  readonly limit: number;
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
  { overdue, since, limitSeconds, limit }: Comparing,
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

/** A small page, since each row is a separate search. */
const PAGE = 200;

const hours = `select id as session_id, booking_id, mentor_profile_id, start_time, end_time from sessions
  where id = any($1::uuid[])`;

const sameHour = `
  select asked.session_id as "sessionId", other.id as "bookingId"
  from jsonb_to_recordset($1) as asked (session_id uuid, booking_id uuid, mentor_profile_id uuid,
      start_time timestamptz, end_time timestamptz),
    lateral (select id from bookings b
      where b.mentor_profile_id = asked.mentor_profile_id and b.status = 'accepted' and b.id <> asked.booking_id
        and tstzrange(b.start_time, b.end_time, '[)') && tstzrange(asked.start_time, asked.end_time, '[)')
      limit 1) other`;

type SameHour = { readonly sessionId: string; readonly bookingId: string };

/** For each session without a booking, an accepted booking of its mentor at the same time. */
const findDoubleBookings = async (
  { bookings, sessions }: Databases,
  differences: readonly SessionDifference[],
): Promise<ReadonlyMap<string, string>> => {
  const ids = differences.filter(({ state }) => state === 'unbooked').map(({ sessionId }) => sessionId);
  const found = new Map<string, string>();
  for (let at = 0; at < ids.length; at += PAGE) {
    const asked = await sessions.query(hours, [ids.slice(at, at + PAGE)]);
    const rows = await bookings.query<SameHour>(sameHour, [JSON.stringify(asked)]);
    for (const { sessionId, bookingId } of rows) found.set(sessionId, bookingId);
  }
  return found;
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
