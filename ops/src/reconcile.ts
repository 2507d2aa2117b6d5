import { onlyRow } from '@mentor-sessions/service-kit/database';
import type { Action, Databases } from './connections.ts';
import {
  compareAgain,
  compareSessions,
  findGoneSessions,
  readClock,
  secondsBefore,
  type SessionDifference,
} from './session-comparison.ts';

/** As many of each kind as are found at a time; the rest follows when these are repaired. */
export const MAX_FOUND = 500;

/** A booking that was accepted too long ago for bookings not to have received its session. */
export type OverdueBooking = {
  readonly bookingId: string;
  readonly sessionId: string;
  readonly messageId: string;
  readonly acceptedAt: Date;
  /** How often booking.accepted was published again. */
  readonly attempts: number;
  readonly givenUpAt: Date | null;
  /**
   * in outbox: not published yet. dead letter: sessions could not handle it. session exists: its events did not reach
   * bookings. lost: published, but in neither database; or still in flight.
   */
  readonly state: 'in outbox' | 'dead letter' | 'session exists' | 'lost';
};

const awaited = `select booking_id as "bookingId", session_id as "sessionId", accepted_message_id as "messageId",
    a.accepted_at as "acceptedAt", a.attempts, a.given_up_at as "givenUpAt",
    exists (select from outbox where aggregate_id = booking_id) as "inOutbox"
  from (select * from awaited_sessions where accepted_at < now() - make_interval(secs => $1)
    order by accepted_at limit ${MAX_FOUND}) a join bookings b on b.id = booking_id
  order by a.accepted_at`;

const known = `select
  array(select message_id::text from accepted_bookings where message_id = any($1::uuid[])) as sessions,
  array(select message_id from dead_letters where resolved_at is null and message_id = any($1::text[])) as "deadLetters"`;

type Row = Omit<OverdueBooking, 'state'> & { readonly inOutbox: boolean };
type Known = { readonly sessions: readonly string[]; readonly deadLetters: readonly string[] };

/** Oldest first. */
export const findOverdueBookings = async (
  { bookings, sessions }: Databases,
  limitSeconds: number,
): Promise<OverdueBooking[]> => {
  const rows = await bookings.query<Row>(awaited, [limitSeconds]);
  const inSessions = onlyRow(
    await sessions.query<Known>(known, [rows.map(({ messageId }) => messageId)]),
    'known messages',
  );
  const stateOf = ({ messageId, inOutbox }: Row): OverdueBooking['state'] => {
    if (inSessions.sessions.includes(messageId)) return 'session exists';
    if (inSessions.deadLetters.includes(messageId)) return 'dead letter';
    return inOutbox ? 'in outbox' : 'lost';
  };
  return rows.map(({ inOutbox, ...row }) => ({ ...row, state: stateOf({ ...row, inOutbox }) }));
};

type Comparing = { readonly overdue: readonly OverdueBooking[]; readonly since: Date; readonly limitSeconds: number };

/** Sessions that differ, of those that changed since then and those of overdue bookings. */
export const findDifferences = async (
  databases: Databases,
  { overdue, since, limitSeconds }: Comparing,
): Promise<SessionDifference[]> => {
  const to = secondsBefore(await readClock(databases), limitSeconds);
  const existing = overdue.filter(({ state }) => state === 'session exists').map(({ sessionId }) => sessionId);
  const found = new Map((await compareAgain(databases, existing, to)).map((one) => [one.sessionId, one]));
  for await (const page of compareSessions(databases, { from: since, to })) {
    for (const one of page) found.set(one.sessionId, one);
    if (found.size >= MAX_FOUND) break;
  }
  for await (const page of findGoneSessions(databases, { from: since, to })) {
    for (const one of page) found.set(one.sessionId, one);
    if (found.size >= MAX_FOUND) break;
  }
  return [...found.values()].slice(0, MAX_FOUND);
};

/** Has the consumer of bookings publish booking.accepted again for these, within seconds. Returns how many still wait. */
export const remindAgain = async (
  { bookings }: Pick<Databases, 'bookings'>,
  bookingIds: readonly string[],
  { operator, reason }: Action,
): Promise<number> =>
  (await bookings.query('select from awaited_sessions_remind($1, $2, $3)', [bookingIds, operator, reason])).length;
