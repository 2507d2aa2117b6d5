import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { actOf, type ActOptions } from '../acting.ts';
import { answering, type Run } from '../command.ts';
import { DRIFT_LIMIT_SECONDS } from '../drift.ts';
import { positive } from '../options.ts';
import { table, time } from '../output.ts';
import { findOverdue, remindAgain, type Overdue } from '../reconcile.ts';
import { Usage } from '../usage.ts';

type Options = Partial<ActOptions> & { readonly olderThan: number; readonly emit?: boolean; readonly wait: number };

export const reconcileCommand = (): Command =>
  new Command('reconcile')
    .description('accepted bookings without a known session, and what is known of each in both databases')
    .option('--older-than <seconds>', 'accepted longer ago', positive, DRIFT_LIMIT_SECONDS)
    .option('--emit', 'send booking.accepted again, the same message, for those that are lost')
    .option('--because <why>', 'with --emit: kept for ever with who did it')
    .option('--operator <name>', 'with --emit: who acts')
    .option('--wait <seconds>', 'with --emit: how long to wait until they are sent', positive, 30)
    .action(
      answering(async (run, options: Options) => {
        const overdue = await findOverdue(run.databases, options.olderThan);
        const emitted = options.emit ? await emit(run, overdue, options) : undefined;
        const isToDo = overdue.length > (emitted?.sent ?? 0);
        return { data: { overdue, ...emitted }, text: say(overdue, emitted), isToDo };
      }),
    );

type Emitted = { readonly asked: number; readonly sent: number };

const LOOK_MS = 300;

const emit = async ({ databases, operator }: Run, overdue: readonly Overdue[], options: Options): Promise<Emitted> => {
  if (!options.because) throw new Usage('--emit needs --because.');
  const act = actOf({ ...options, because: options.because }, operator);
  const ids = overdue.filter(({ state }) => state === 'lost').map(({ bookingId }) => bookingId);
  if (ids.length === 0) return { asked: 0, sent: 0 };
  const asked = await remindAgain(databases, ids, act);
  const unsent = async (): Promise<number> => {
    const sql = 'select from awaited_sessions where booking_id = any($1::uuid[]) and attempts = 0';
    return (await databases.bookings.query(sql, [ids])).length;
  };
  const deadline = performance.now() + options.wait * 1_000;
  let waiting = await unsent();
  while (waiting > 0 && performance.now() < deadline) {
    await pause(LOOK_MS);
    waiting = await unsent();
  }
  return { asked, sent: asked - waiting };
};

const hints: Readonly<Record<Overdue['state'], string>> = {
  'in outbox': 'the outbox does not empty: ops outbox list',
  'dead letter': 'ops dead-letters list --service sessions',
  'session exists': 'ops events resend --type session.scheduled --queue bookings.session-events',
  lost: 'ops reconcile --emit',
};

const say = (overdue: readonly Overdue[], emitted: Emitted | undefined): string => {
  if (overdue.length === 0) return 'Every accepted booking has a known session.';
  const rows = table(overdue, [
    ['booking', (row) => row.bookingId],
    ['session', (row) => row.sessionId],
    ['accepted', (row) => time(row.acceptedAt)],
    ['sent again', (row) => row.attempts],
    ['state', (row) => row.state],
    ['what to do', (row) => hints[row.state]],
  ]);
  return emitted ? `${rows}\n\n${emitted.sent} of ${emitted.asked} sent again.` : rows;
};
