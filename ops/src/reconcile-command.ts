import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { actionOf, answering, moment, positive, type ActionOptions, type Cli, type Context } from './command.ts';
import type { Action, Databases } from './connections.ts';
import { UsageError } from './errors.ts';
import { emitEvents } from './events.ts';
import { findDifferences, findOverdueBookings, MAX_FOUND, remindAgain, type OverdueBooking } from './reconcile.ts';
import type { SessionDifference } from './session-comparison.ts';
import { DRIFT_LIMIT_SECONDS } from './status.ts';
import { table, time } from './table.ts';

type Options = Partial<ActionOptions> & {
  readonly olderThan: number;
  readonly since?: Date;
  readonly emit?: boolean;
  readonly wait: number;
};

const A_WEEK_MS = 7 * 86_400_000;

export const reconcileCommand = (cli: Cli): Command =>
  new Command('reconcile')
    .description('accepted bookings without a session, and sessions whose state differs between the services')
    .option('--older-than <seconds>', 'accepted or changed more than this long ago', positive, DRIFT_LIMIT_SECONDS)
    .option('--since <time>', 'sessions that changed since: 2026-11-24T10:00:00Z, or 30d; default: 7d', moment)
    .option('--emit', 'publish lost events again: booking.accepted with its id, or the latest event of a session')
    .option('--because <why>', 'with --emit: the reason; recorded permanently with your name')
    .option('--operator <name>', 'with --emit: who acts')
    .option('--wait <seconds>', 'with --emit: how long to wait until they are published', positive, 30)
    .action(
      answering(cli, async (context, options: Options) => {
        const { databases } = context;
        const overdue = await findOverdueBookings(databases, options.olderThan);
        const since = options.since ?? new Date(Date.now() - A_WEEK_MS);
        const news = await findDifferences(databases, { overdue, since, limitSeconds: options.olderThan });
        const sent = options.emit ? await emit(context, { overdue, news }, options) : undefined;
        const lost = overdue.filter(({ state }) => state !== 'session exists'); // these are among the differences
        const needsAction = lost.length + news.length > (sent?.sent ?? 0);
        return { data: { overdue, news, ...sent }, text: describe({ overdue: lost, news }, sent), needsAction };
      }),
    );

type Found = { readonly overdue: readonly OverdueBooking[]; readonly news: readonly SessionDifference[] };
/** Of both kinds. */
type Sent = { readonly asked: number; readonly sent: number };

const emit = async (context: Context, { overdue, news }: Found, options: Options): Promise<Sent> => {
  const { because, operator, wait } = options;
  if (!because) throw new UsageError('--emit requires --because.');
  const action = actionOf({ because, operator }, context);
  const lost = overdue.filter(({ state }) => state === 'lost').map(({ bookingId }) => bookingId);
  const reminded = await remind(context.databases, lost, { action, waitSeconds: wait });
  const emitted = await emitLatest(context.databases, news, { action, waitSeconds: wait });
  return { asked: reminded.asked + emitted.asked, sent: reminded.sent + emitted.sent };
};

type Emitting = { readonly action: Action; readonly waitSeconds: number };

const POLL_MS = 300;

const unsent = 'select from awaited_sessions where booking_id = any($1::uuid[]) and attempts = 0';

/** Restarts the reminders of these bookings and waits until they are published. */
const remind = async (databases: Databases, ids: readonly string[], emitting: Emitting): Promise<Sent> => {
  if (ids.length === 0) return { asked: 0, sent: 0 };
  const asked = await remindAgain(databases, ids, emitting.action);
  const deadline = performance.now() + emitting.waitSeconds * 1_000;
  for (;;) {
    const waiting = (await databases.bookings.query(unsent, [ids])).length;
    if (waiting === 0 || performance.now() > deadline) return { asked, sent: asked - waiting };
    await pause(POLL_MS);
  }
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
  lost: 'ops reconcile --emit',
};

const sessionHints: Readonly<Record<SessionDifference['state'], string>> = {
  missing: 'ops reconcile --emit',
  ahead: 'the sessions database was restored: docs/runbook.md',
  gone: 'the sessions database was restored: ops reconcile --emit',
};

const bookingsTable = (overdue: readonly OverdueBooking[]): string =>
  table(overdue, [
    ['booking', (row) => row.bookingId],
    ['session', (row) => row.sessionId],
    ['accepted', (row) => time(row.acceptedAt)],
    ['attempts', (row) => row.attempts],
    ['state', (row) => row.state],
    ['what to do', (row) => bookingHints[row.state]],
  ]);

const sessionsTable = (differences: readonly SessionDifference[]): string =>
  table(differences, [
    ['session', (row) => row.sessionId],
    ['booking', (row) => row.bookingId],
    ['changed', (row) => time(row.changedAt)],
    ['status', (row) => row.status],
    ['status in bookings', (row) => row.knownStatus ?? 'none'],
    ['what to do', (row) => sessionHints[row.state]],
  ]);

const describe = ({ overdue, news }: Found, sent: Sent | undefined): string => {
  if (overdue.length + news.length === 0) return 'Both services agree on every booking and session.';
  const mayBeMore = Math.max(overdue.length, news.length) >= MAX_FOUND;
  return [
    ...(overdue.length > 0 ? [`Accepted bookings without a session\n${bookingsTable(overdue)}`] : []),
    ...(news.length > 0 ? [`Sessions whose state bookings has not received\n${sessionsTable(news)}`] : []),
    ...(mayBeMore ? [`There may be more: at most ${MAX_FOUND} of each kind are found at a time.`] : []),
    ...(sent ? [`${sent.sent} of ${sent.asked} published again.`] : []),
  ].join('\n\n');
};
