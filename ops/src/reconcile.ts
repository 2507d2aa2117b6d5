import { onlyRow } from '@mentor-sessions/service-kit/database';
import type { Act, Databases } from './databases.ts';
import { compareAgain, compareSessions, findGone, readClock, secondsBefore, type NewsOverdue } from './session-news.ts';

/** Of so many at a time; the rest shows when these are done. */
export const MOST_OVERDUE = 500;

/** An accepted booking of which the bookings service knows no session for too long. */
export type Overdue = {
  readonly bookingId: string;
  readonly sessionId: string;
  readonly messageId: string;
  readonly acceptedAt: Date;
  /** How often its event was sent again. */
  readonly attempts: number;
  readonly givenUpAt: Date | null;
  /**
   * in outbox: not published yet. dead letter: sessions could not handle it. session exists: its news did not reach
   * bookings. lost: published, and nobody has it, or on its way.
   */
  readonly state: 'in outbox' | 'dead letter' | 'session exists' | 'lost';
};

const awaited = `select booking_id as "bookingId", session_id as "sessionId", accepted_message_id as "messageId",
    a.accepted_at as "acceptedAt", a.attempts, a.given_up_at as "givenUpAt",
    exists (select from outbox where aggregate_id = booking_id) as "inOutbox"
  from (select * from awaited_sessions where accepted_at < now() - make_interval(secs => $1)
    order by accepted_at limit ${MOST_OVERDUE}) a join bookings b on b.id = booking_id
  order by a.accepted_at`;

const known = `select
  array(select message_id::text from accepted_bookings where message_id = any($1::uuid[])) as sessions,
  array(select message_id from dead_letters where resolved_at is null and message_id = any($1::text[])) as "deadLetters"`;

type Row = Omit<Overdue, 'state'> & { readonly inOutbox: boolean };
type Known = { readonly sessions: readonly string[]; readonly deadLetters: readonly string[] };

/** Compares both databases, the oldest first, and at most 500. */
export const findOverdue = async ({ bookings, sessions }: Databases, limitSeconds: number): Promise<Overdue[]> => {
  const rows = await bookings.query<Row>(awaited, [limitSeconds]);
  const there = onlyRow(await sessions.query<Known>(known, [rows.map(({ messageId }) => messageId)]), 'known messages');
  const stateOf = ({ messageId, inOutbox }: Row): Overdue['state'] => {
    if (there.sessions.includes(messageId)) return 'session exists';
    if (there.deadLetters.includes(messageId)) return 'dead letter';
    return inOutbox ? 'in outbox' : 'lost';
  };
  return rows.map(({ inOutbox, ...row }) => ({ ...row, state: stateOf({ ...row, inOutbox }) }));
};

type Comparing = { readonly overdue: readonly Overdue[]; readonly since: Date; readonly limitSeconds: number };

/** Sessions that bookings sees differently, of those that changed since, and of the bookings that are overdue; at most 500. */
export const findNewsOverdue = async (
  databases: Databases,
  { overdue, since, limitSeconds }: Comparing,
): Promise<NewsOverdue[]> => {
  const to = secondsBefore(await readClock(databases), limitSeconds);
  const there = overdue.filter(({ state }) => state === 'session exists').map(({ sessionId }) => sessionId);
  const found = new Map((await compareAgain(databases, there, to)).map((one) => [one.sessionId, one]));
  for await (const page of compareSessions(databases, { from: since, to })) {
    for (const one of page) found.set(one.sessionId, one);
    if (found.size >= MOST_OVERDUE) break;
  }
  for await (const page of findGone(databases, { from: since, to })) {
    for (const one of page) found.set(one.sessionId, one);
    if (found.size >= MOST_OVERDUE) break;
  }
  return [...found.values()].slice(0, MOST_OVERDUE);
};

/** Lets the reconciler of the bookings consumer begin anew with these: the same message again, within seconds. Returns how many still wait. */
export const remindAgain = async (
  { bookings }: Pick<Databases, 'bookings'>,
  bookingIds: readonly string[],
  act: Act,
): Promise<number> =>
  (await bookings.query('select * from awaited_sessions_remind($1, $2, $3)', [bookingIds, act.operator, act.reason]))
    .length;
