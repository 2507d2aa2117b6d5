import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { actOf, type ActOptions } from '../acting.ts';
import { answering, type Run } from '../command.ts';
import type { Act, Databases } from '../databases.ts';
import { DRIFT_LIMIT_SECONDS } from '../drift.ts';
import { emitEvents, type Emitted } from '../emissions.ts';
import { moment, positive } from '../options.ts';
import { table, time } from '../output.ts';
import { findNewsOverdue, findOverdue, MOST_OVERDUE, remindAgain, type Overdue } from '../reconcile.ts';
import type { NewsOverdue } from '../session-news.ts';
import { Usage } from '../usage.ts';

type Options = Partial<ActOptions> & {
  readonly olderThan: number;
  readonly since?: Date;
  readonly emit?: boolean;
  readonly wait: number;
};

const A_WEEK_MS = 7 * 86_400_000;

export const reconcileCommand = (): Command =>
  new Command('reconcile')
    .description('accepted bookings and sessions that the two services see differently, and what is known of each')
    .option('--older-than <seconds>', 'accepted or changed longer ago', positive, DRIFT_LIMIT_SECONDS)
    .option('--since <time>', 'sessions that changed since: 2026-11-24T10:00:00Z, or 30d; default: 7d', moment)
    .option('--emit', 'publish again, under the same ids, what is lost: booking.accepted, or a session’s latest event')
    .option('--because <why>', 'with --emit: kept for ever with who did it')
    .option('--operator <name>', 'with --emit: who acts')
    .option('--wait <seconds>', 'with --emit: how long to wait until they are sent', positive, 30)
    .action(
      answering(async (run, options: Options) => {
        const { databases } = run;
        const overdue = await findOverdue(databases, options.olderThan);
        const since = options.since ?? new Date(Date.now() - A_WEEK_MS);
        const news = await findNewsOverdue(databases, { overdue, since, limitSeconds: options.olderThan });
        const emitted = options.emit ? await emit(run, { overdue, news }, options) : undefined;
        const lost = overdue.filter(({ state }) => state !== 'session exists'); // their news is in the other list
        const isToDo = lost.length + news.length > (emitted?.sent ?? 0);
        return { data: { overdue, news, ...emitted }, text: say({ overdue: lost, news }, emitted), isToDo };
      }),
    );

type Found = { readonly overdue: readonly Overdue[]; readonly news: readonly NewsOverdue[] };
/** Of both kinds. */
type Sent = { readonly asked: number; readonly sent: number };

const LOOK_MS = 300;

const emit = async ({ databases, operator }: Run, found: Found, options: Options): Promise<Sent> => {
  if (!options.because) throw new Usage('--emit needs --because.');
  const act = actOf({ ...options, because: options.because }, operator);
  const reminded = await remind(databases, found.overdue, { act, seconds: options.wait });
  const emitted = await emitLatest(databases, found.news, { act, seconds: options.wait });
  return {
    asked: reminded.asked + emitted.length,
    sent: reminded.sent + emitted.filter(({ outcome }) => outcome === 'emitted').length,
  };
};

type Acting = { readonly act: Act; readonly seconds: number };

/** Lets the reminder of the bookings service begin again with those that are lost. */
const remind = async (databases: Databases, overdue: readonly Overdue[], { act, seconds }: Acting): Promise<Sent> => {
  const ids = overdue.filter(({ state }) => state === 'lost').map(({ bookingId }) => bookingId);
  if (ids.length === 0) return { asked: 0, sent: 0 };
  const asked = await remindAgain(databases, ids, act);
  const unsent = async (): Promise<number> => {
    const sql = 'select from awaited_sessions where booking_id = any($1::uuid[]) and attempts = 0';
    return (await databases.bookings.query(sql, [ids])).length;
  };
  const deadline = performance.now() + seconds * 1_000;
  let waiting = await unsent();
  while (waiting > 0 && performance.now() < deadline) {
    await pause(LOOK_MS);
    waiting = await unsent();
  }
  return { asked, sent: asked - waiting };
};

const latest = {
  scheduled: 'session.scheduled',
  in_progress: 'session.started',
  completed: 'session.completed',
} as const;

/**
 * A session's latest event is enough: it says all that the ones before it said, and the highest sequence counts. One that
 * is gone comes back by its booking's.
 */
const emitLatest = async (
  databases: Databases,
  news: readonly NewsOverdue[],
  { act, seconds }: Acting,
): Promise<Emitted[]> => {
  const emitted: Emitted[] = [];
  for (const [status, type] of Object.entries(latest)) {
    const ids = news
      .filter((one) => one.status === status && one.state === 'missing')
      .map(({ sessionId }) => sessionId);
    if (ids.length === 0) continue;
    const emitting = { service: 'sessions', ids, type, again: true, act, patienceSeconds: seconds } as const;
    emitted.push(...(await emitEvents(databases, emitting)));
  }
  const gone = news.filter(({ state }) => state === 'gone').map(({ bookingId }) => bookingId);
  if (gone.length === 0) return emitted;
  const emitting = {
    service: 'bookings',
    ids: gone,
    type: 'booking.accepted',
    again: true,
    act,
    patienceSeconds: seconds,
  } as const;
  return [...emitted, ...(await emitEvents(databases, emitting))];
};

const hints: Readonly<Record<Overdue['state'], string>> = {
  'in outbox': 'the outbox does not empty: ops outbox list',
  'dead letter': 'ops dead-letters list --service sessions',
  'session exists': 'ops reconcile --emit',
  lost: 'ops reconcile --emit',
};

const newsHints: Readonly<Record<NewsOverdue['state'], string>> = {
  missing: 'ops reconcile --emit',
  ahead: 'the sessions database was restored: docs/runbook.md',
  gone: 'the sessions database was put back: ops reconcile --emit',
};

const bookingsTable = (overdue: readonly Overdue[]): string =>
  table(overdue, [
    ['booking', (row) => row.bookingId],
    ['session', (row) => row.sessionId],
    ['accepted', (row) => time(row.acceptedAt)],
    ['sent again', (row) => row.attempts],
    ['state', (row) => row.state],
    ['what to do', (row) => hints[row.state]],
  ]);

const sessionsTable = (news: readonly NewsOverdue[]): string =>
  table(news, [
    ['session', (row) => row.sessionId],
    ['booking', (row) => row.bookingId],
    ['changed', (row) => time(row.changedAt)],
    ['is', (row) => row.status],
    ['bookings knows', (row) => row.knownStatus ?? 'nothing'],
    ['what to do', (row) => newsHints[row.state]],
  ]);

const say = ({ overdue, news }: Found, sent: Sent | undefined): string => {
  if (overdue.length + news.length === 0) return 'Both services see every booking and session alike.';
  const isMore = Math.max(overdue.length, news.length) >= MOST_OVERDUE;
  return [
    ...(overdue.length > 0 ? [`Accepted bookings without a session\n${bookingsTable(overdue)}`] : []),
    ...(news.length > 0 ? [`Sessions whose state bookings does not know\n${sessionsTable(news)}`] : []),
    ...(isMore ? [`There may be more: ${MOST_OVERDUE} of a kind are shown, and sent, at a time.`] : []),
    ...(sent ? [`${sent.sent} of ${sent.asked} sent again.`] : []),
  ].join('\n\n');
};
