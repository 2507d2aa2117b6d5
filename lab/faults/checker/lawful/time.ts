import type { BookingRow, SessionRow, Timing } from '../../evidence/evidence.ts';
import { event, terms, type Changing, type World } from './world.ts';

export const timing: Timing = { startingSoonSeconds: [86_400, 900], completionGraceSeconds: 3_600 };

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const msOf = (time: string): number => Date.parse(time.replace(' ', 'T').replace('+00', 'Z'));

type Due = { readonly type: string; readonly dueAt: number; readonly offsetSeconds?: number; readonly upTo: number };

/** Writes the timer's row and the event, some time after it was due and before `upTo`, after the last event so far. */
const tell = (world: World, row: BookingRow | SessionRow, { type, dueAt, offsetSeconds = 0, upTo }: Due): void => {
  const { id, tape, events, timerEvents } = world;
  const at = dueAt + tape.int(Math.min(upTo - dueAt, MINUTE_MS));
  const message_id = id();
  const timer = { message_id, aggregate_id: row.id, type, offset_seconds: offsetSeconds };
  const isSession = 'booking_id' in row;
  const [bookingId, of] = isSession ? [row.booking_id, 'sessions' as const] : [row.id, 'bookings' as const];
  const mentorUserId = world.sessionAudit.find((audit) => audit.id === row.id)?.actor_user_id;
  const isRunning = type === 'session.completion-overdue';
  const data = {
    bookingId,
    ...terms(row),
    ...(isSession && { sessionId: row.id, mentorUserId }),
    ...(isSession && isRunning && { startedBy: row.started_by }),
    ...(offsetSeconds > 0 && { offsetSeconds }),
    dueAt: new Date(dueAt).toISOString(),
  };
  const sequence = isRunning ? 2 : 1;
  const told = event({ message_id, aggregate_id: row.id, bookingId, sequence, type, data, at });
  const after = events[of].findLastIndex((one) => one.row.aggregate_id === row.id && one.row.sequence === sequence);
  events[of].splice(after + 1, 0, told);
  timerEvents[of].push({ ...timer, due_at: dueAt, written_at: at });
};

/** It starts after its end has passed. */
const startLate = ({ sessionAudit }: World, session: Changing<SessionRow>, at: number): void => {
  session.started_at = at;
  for (const row of sessionAudit.filter(({ id, from_status }) => id === session.id && from_status !== null))
    row.at = at;
};

const tellOfSession = (world: World, session: Changing<SessionRow>, now: number): void => {
  const { tape } = world;
  const [start, end] = [msOf(session.start_time), msOf(session.end_time)];
  const isLate = session.status !== 'scheduled' && end + HOUR_MS < now && tape.chance(0.5);
  if (isLate) startLate(world, session, end + HOUR_MS);
  const unstarted = isLate || session.status === 'scheduled';
  const soon = timing.startingSoonSeconds.map((offsetSeconds) => ({
    offsetSeconds,
    dueAt: start - offsetSeconds * 1_000,
  }));
  for (const due of unstarted ? soon : []) {
    const isMissed = now >= start && tape.chance(0.3); // no timer ran before the start
    const upTo = Math.min(now, start);
    if (due.dueAt < now && !isMissed) tell(world, session, { type: 'session.starting-soon', ...due, upTo });
  }
  if (unstarted && end < now) tell(world, session, { type: 'session.start-overdue', dueAt: end, upTo: now });
  const dueAt = Math.max(end, session.started_at ?? 0) + timing.completionGraceSeconds * 1_000;
  if (session.status === 'in_progress' && dueAt < now)
    tell(world, session, { type: 'session.completion-overdue', dueAt, upTo: now });
};

/** Advances the clock by some hours after the last request, and publishes what became due. Returns the new time. */
export const passTime = (world: World): number => {
  const { tape, bookings, sessions } = world;
  const now = Date.UTC(2040, 0, 1, 0, 30) + tape.int(24) * HOUR_MS;
  for (const booking of bookings) {
    const dueAt = msOf(booking.end_time);
    if (booking.status === 'draft' && dueAt < now) tell(world, booking, { type: 'booking.expired', dueAt, upTo: now });
  }
  for (const session of sessions) tellOfSession(world, session, now);
  return now;
};
