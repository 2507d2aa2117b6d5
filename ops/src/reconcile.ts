import { Command } from 'commander';
import { onlyRow } from '@mentor-sessions/service-kit/database';
import { actionOf, answering, moment, positive, readUntilDone, type ActionOptions, type Cli } from './command.ts';
import type { Action, Databases } from './connections.ts';
import { UsageError } from './errors.ts';
import { findDoubleBookings } from './double-bookings.ts';
import { emitEvents } from './events.ts';
import { compareReported } from './reported-sessions.ts';
import {
  compareAgain,
  compareSessions,
  readClock,
  secondsBefore,
  type SessionDifference,
} from './session-comparison.ts';
import { DRIFT_LIMIT_SECONDS } from './status.ts';
import { table, time, type Cells } from './table.ts';

/** As many of each kind as are found at a time, unless asked for more. */
const MAX_FOUND = 500;

/** A booking that was accepted too long ago for bookings not to have received its session. */
type OverdueBooking = {
  readonly bookingId: string;
  readonly sessionId: string;
  readonly messageId: string;
  readonly acceptedAt: Date;
  /** How often booking.accepted was published again. */
  readonly attempts: number;
  readonly givenUpAt: Date | null;
  /**
   * in outbox: not published yet. dead letter: sessions could not handle it. session exists: its events did not reach
   * bookings. other session: the booking has a session with another id, so the bookings database was restored and the
   * booking accepted again. lost: published, but in neither database; or still in flight.
   */
  readonly state: 'in outbox' | 'dead letter' | 'session exists' | 'other session' | 'lost';
};

const awaited = `select booking_id as "bookingId", session_id as "sessionId", accepted_message_id as "messageId",
    a.accepted_at as "acceptedAt", a.attempts, a.given_up_at as "givenUpAt",
    exists (select from outbox where aggregate_id = booking_id) as "inOutbox"
  from (select * from awaited_sessions where accepted_at < now() - make_interval(secs => $1)
    order by accepted_at limit $2) a join bookings b on b.id = booking_id
  order by a.accepted_at`;

const known = `select
  array(select message_id::text from accepted_bookings where message_id = any($1::uuid[])) as sessions,
  array(select booking_id::text from accepted_bookings where booking_id = any($2::uuid[])) as bookings,
  array(select message_id from dead_letters where resolved_at is null and message_id = any($1::text[])) as "deadLetters"`;

type Row = Omit<OverdueBooking, 'state'> & { readonly inOutbox: boolean };
type Known = Readonly<Record<'sessions' | 'bookings' | 'deadLetters', readonly string[]>>;

/** Oldest first. */
export const findOverdueBookings = async (
  { bookings, sessions }: Databases,
  limitSeconds: number,
  limit = MAX_FOUND,
): Promise<OverdueBooking[]> => {
  const rows = await bookings.query<Row>(awaited, [limitSeconds, limit]);
  const ids = [rows.map(({ messageId }) => messageId), rows.map(({ bookingId }) => bookingId)];
  const found = onlyRow(await sessions.query<Known>(known, ids), 'known messages');
  const [handled, booked, dead] = [found.sessions, found.bookings, found.deadLetters].map((each) => new Set(each));
  const stateOf = ({ messageId, bookingId, inOutbox }: Row): OverdueBooking['state'] => {
    if (handled?.has(messageId)) return 'session exists';
    if (booked?.has(bookingId)) return 'other session';
    if (dead?.has(messageId)) return 'dead letter';
    return inOutbox ? 'in outbox' : 'lost';
  };
  return rows.map(({ inOutbox, ...row }) => ({ ...row, state: stateOf({ ...row, inOutbox }) }));
};

type Comparing = {
  readonly overdue: readonly OverdueBooking[];
  readonly since: Date;
  readonly limitSeconds: number;
  readonly limit?: number;
};

/** `bookedInstead`: of an unbooked session, an accepted booking that its mentor has at the same time. */
type Difference = SessionDifference & { readonly bookedInstead?: string | null };

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

/** Sessions that differ, of those that changed or were reported since then and those of overdue bookings. */
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

type Options = Partial<ActionOptions> & {
  readonly olderThan: number;
  readonly since?: Date;
  readonly limit?: number;
  readonly emit?: boolean;
  readonly wait: number;
};

const A_WEEK_MS = 7 * 86_400_000;

/** Both kinds; by default of sessions that changed within a week. */
export const findDrift = async (
  databases: Databases,
  {
    olderThan,
    limit = MAX_FOUND,
    since = new Date(Date.now() - A_WEEK_MS),
  }: Pick<Options, 'olderThan' | 'limit' | 'since'>,
): Promise<Found> => {
  const overdue = await findOverdueBookings(databases, olderThan, limit);
  return { overdue, news: await findDifferences(databases, { overdue, since, limitSeconds: olderThan, limit }) };
};

export const reconcileCommand = (cli: Cli): Command =>
  new Command('reconcile')
    .description('accepted bookings without a session, and sessions whose state differs between the services')
    .option('--older-than <seconds>', 'accepted or changed more than this long ago', positive, DRIFT_LIMIT_SECONDS)
    .option('--since <time>', 'sessions that changed since: 2026-11-24T10:00:00Z, or 30d; default: 7d', moment)
    .option('--limit <n>', 'at most this many of each kind', positive, MAX_FOUND)
    .option('--emit', 'publish lost events again: booking.accepted with its id, or the latest event of a session')
    .option('--because <why>', 'with --emit: the reason; recorded permanently with your name')
    .option('--operator <name>', 'with --emit: who acts')
    .option('--wait <seconds>', 'with --emit: how long to wait without progress', positive, 30)
    .action(
      answering(cli, async (context, options: Options) => {
        const { because = '', operator, wait: waitSeconds, emit } = options;
        if (emit && !because) throw new UsageError('--emit requires --because.');
        const { overdue, news } = await findDrift(context.databases, options);
        const emitting = () => ({ action: actionOf({ because, operator }, context), waitSeconds });
        const sent = emit ? await emitLost(context.databases, { overdue, news }, emitting()) : undefined;
        const lost = overdue.filter(({ state }) => state !== 'session exists'); // these are among the differences
        const needsAction = lost.length + news.length > (sent?.sent ?? 0);
        return {
          data: { overdue, news, ...sent },
          text: describe({ overdue: lost, news }, sent, options.limit),
          needsAction,
        };
      }),
    );

type Found = { readonly overdue: readonly OverdueBooking[]; readonly news: readonly Difference[] };
/** Of both kinds. */
type Sent = { readonly asked: number; readonly sent: number };

/** Publishes again what was lost. */
export const emitLost = async (databases: Databases, { overdue, news }: Found, emitting: Emitting): Promise<Sent> => {
  const lost = overdue.filter(({ state }) => state === 'lost').map(({ bookingId }) => bookingId);
  const reminded = await remind(databases, lost, emitting);
  const emitted = await emitLatest(databases, news, emitting);
  return { asked: reminded.asked + emitted.asked, sent: reminded.sent + emitted.sent };
};

type Emitting = { readonly action: Action; readonly waitSeconds: number };

const unsent = 'select from awaited_sessions where booking_id = any($1::uuid[]) and attempts = 0';

/** Restarts the reminders of these bookings, which the consumer of bookings publishes within seconds. */
const remind = async ({ bookings }: Databases, ids: readonly string[], emitting: Emitting): Promise<Sent> => {
  const { operator, reason } = emitting.action;
  if (ids.length === 0) return { asked: 0, sent: 0 };
  const asked = await bookings.query('select from awaited_sessions_remind($1, $2, $3)', [ids, operator, reason]);
  const waiting = await readUntilDone(
    () => bookings.query(unsent, [ids]),
    (rows) => rows.length,
    emitting.waitSeconds,
  );
  return { asked: asked.length, sent: asked.length - waiting.length };
};

const latestEvents = {
  scheduled: 'session.scheduled',
  in_progress: 'session.started',
  completed: 'session.completed',
} as const;

/**
 * Emits the latest event of each session, which suffices: it contains what the earlier ones said, and bookings keeps the
 * highest sequence. A session that is gone is created again by its booking's event.
 */
const emitLatest = async (
  databases: Databases,
  differences: readonly SessionDifference[],
  { action, waitSeconds }: Emitting,
): Promise<Sent> => {
  const missing = differences.filter(({ state }) => state === 'missing');
  const gone = differences.filter(({ state }) => state === 'gone');
  const requests = [
    ...Object.entries(latestEvents).map(([status, type]) => ({
      service: 'sessions' as const,
      type,
      ids: missing.filter((session) => session.status === status).map(({ sessionId }) => sessionId),
    })),
    { service: 'bookings' as const, type: 'booking.accepted', ids: gone.map(({ bookingId }) => bookingId) },
  ].filter(({ ids }) => ids.length > 0);
  const sent = { asked: 0, sent: 0 };
  for (const request of requests) {
    const emitted = await emitEvents(databases, { ...request, again: true, action, waitSeconds });
    sent.asked += emitted.length;
    sent.sent += emitted.filter(({ outcome }) => outcome === 'emitted').length;
  }
  return sent;
};

const bookingHints: Readonly<Record<OverdueBooking['state'], string>> = {
  'in outbox': 'the outbox does not drain: ops outbox list',
  'dead letter': 'ops dead-letters list --service sessions',
  'session exists': 'ops reconcile --emit',
  'other session': 'the bookings database was restored: docs/runbook.md',
  lost: 'ops reconcile --emit',
};

const sessionHints: Readonly<Record<SessionDifference['state'], string>> = {
  missing: 'ops reconcile --emit',
  ahead: 'the sessions database was restored: docs/runbook.md',
  gone: 'the sessions database was restored: ops reconcile --emit',
  unbooked: 'the bookings database was restored: docs/runbook.md',
};

const bookingCells = ({ bookingId, sessionId, acceptedAt, attempts, state }: OverdueBooking): Cells => {
  const what = { state, 'what to do': bookingHints[state] };
  return { booking: bookingId, session: sessionId, accepted: time(acceptedAt), attempts, ...what };
};

const sessionCells = (difference: Difference): Cells => {
  const { sessionId, bookingId, changedAt, status, knownStatus, state, bookingStatus, bookedInstead } = difference;
  const statuses = { status, 'status in bookings': knownStatus ?? 'none' };
  const unbooked = state === 'unbooked' && { 'its booking': bookingStatus ?? 'none', 'same hour': bookedInstead ?? '' };
  const ids = { session: sessionId, booking: bookingId };
  return { ...ids, changed: time(changedAt), ...statuses, ...unbooked, 'what to do': sessionHints[state] };
};

const sections: readonly [title: string, isUnbooked: boolean][] = [
  ['Sessions whose state bookings has not received', false],
  ['Sessions without an accepted booking', true],
];

const describe = ({ overdue, news }: Found, sent: Sent | undefined, limit = MAX_FOUND): string => {
  if (overdue.length + news.length === 0) return 'Both services agree on every booking and session.';
  const kinds = [overdue, ...Map.groupBy(news, ({ state }) => state).values()];
  const isFull = kinds.some(({ length }) => length >= limit);
  const parts = sections.map(([title, isUnbooked]) => {
    return { title, rows: news.filter(({ state }) => (state === 'unbooked') === isUnbooked).map(sessionCells) };
  });
  return [
    ...(overdue.length > 0 ? [`Accepted bookings without a session\n${table(overdue.map(bookingCells))}`] : []),
    ...parts.filter(({ rows }) => rows.length > 0).map(({ title, rows }) => `${title}\n${table(rows)}`),
    ...(isFull ? [`There may be more: at most ${limit} of each kind are found at a time (--limit).`] : []),
    ...(sent ? [`${sent.sent} of ${sent.asked} published again.`] : []),
  ].join('\n\n');
};
