import { Command } from 'commander';
import { actionOf, answering, moment, positive, type ActionOptions, type Cli } from './command.ts';
import { findDrift, MAX_FOUND, type Difference, type Drift } from './drift.ts';
import { emitLost, type Sent } from './emit-lost.ts';
import { UsageError } from './errors.ts';
import type { OverdueBooking } from './overdue-bookings.ts';
import type { SessionDifference } from './session-comparison.ts';
import { DRIFT_LIMIT_SECONDS } from './status.ts';
import { table, time, type Cells } from './table.ts';

type Options = Partial<ActionOptions> & {
  readonly olderThan: number;
  readonly since?: Date;
  readonly limit: number;
  readonly emit?: boolean;
  readonly wait: number;
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

const describe = ({ overdue, news }: Drift, sent: Sent | undefined, limit: number): string => {
  if (overdue.length + news.length === 0) return 'Both services agree on every booking and session.';
  const isUnbooked = ({ state }: Difference): boolean => state === 'unbooked';
  const sections: readonly [title: string, rows: readonly Cells[]][] = [
    ['Accepted bookings without a session', overdue.map(bookingCells)],
    ['Sessions whose state bookings has not received', news.filter((one) => !isUnbooked(one)).map(sessionCells)],
    ['Sessions without an accepted booking', news.filter(isUnbooked).map(sessionCells)],
  ];
  const kinds = [overdue, ...Map.groupBy(news, ({ state }) => state).values()];
  const parts = sections.filter(([, rows]) => rows.length > 0).map(([title, rows]) => `${title}\n${table(rows)}`);
  if (kinds.some(({ length }) => length >= limit))
    parts.push(`There may be more: at most ${limit} of each kind are found at a time (--limit).`);
  if (sent) parts.push(`${sent.sent} of ${sent.asked} published again.`);
  return parts.join('\n\n');
};
