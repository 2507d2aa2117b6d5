import type {
  BookingRow,
  Copy,
  Evidence,
  Invariant,
  SessionRow,
  TimerEventRow,
  Violation,
} from '../evidence/evidence.ts';
import { isTimed } from './timed.ts';

/** A timed event; times in milliseconds of the database's clock. */
type Fact = {
  readonly aggregate: string;
  readonly type: string;
  readonly offsetSeconds: number;
  readonly dueAt: number;
  /** When the booking or session changed, by its audit; Infinity: it did not. */
  readonly movedAt: number;
  readonly isStill: boolean;
  /** When it becomes irrelevant even if nothing changes. */
  readonly staleAt: number;
};

/** `2040-01-01 00:00:00+00` */
const msOf = (time: string): number => Date.parse(time.replace(' ', 'T').replace(/\+00$/, 'Z'));

type MovedAt = (id: string, ...to: readonly string[]) => number;

const whenMoved = ({ bookings, sessions }: Evidence): MovedAt => {
  const at = new Map([...bookings.audit, ...sessions.audit].map((row) => [`${row.id} ${row.to_status}`, row.at]));
  return (id, ...to) => Math.min(...to.map((status) => at.get(`${id} ${status}`) ?? Infinity));
};

const ofBooking = ({ id, end_time, status }: BookingRow, movedAt: MovedAt): Fact => ({
  aggregate: id,
  type: 'booking.expired',
  offsetSeconds: 0,
  dueAt: msOf(end_time),
  movedAt: movedAt(id, 'accepted', 'declined', 'cancelled'),
  isStill: status === 'draft',
  staleAt: Infinity,
});

const ofSession = (session: SessionRow, movedAt: MovedAt, { timing }: Evidence): Fact[] => {
  const { id, status, accepted_at, started_at } = session;
  const [start, end] = [msOf(session.start_time), msOf(session.end_time)];
  const of = { aggregate: id, offsetSeconds: 0, staleAt: Infinity };
  const unstarted = { ...of, movedAt: movedAt(id, 'in_progress'), isStill: status === 'scheduled' };
  const soon = timing.startingSoonSeconds
    .map((offsetSeconds) => ({ offsetSeconds, dueAt: start - offsetSeconds * 1_000 }))
    .filter(({ dueAt }) => dueAt > accepted_at)
    .map((due): Fact => ({ ...unstarted, ...due, type: 'session.starting-soon', staleAt: start }));
  const overdue: Fact = { ...unstarted, type: 'session.start-overdue', dueAt: end };
  if (started_at === null) return [...soon, overdue];
  const dueAt = Math.max(end, started_at) + timing.completionGraceSeconds * 1_000;
  const running = { ...of, movedAt: movedAt(id, 'completed'), isStill: status === 'in_progress' };
  return [...soon, overdue, { ...running, type: 'session.completion-overdue', dueAt }];
};

const factsOf = (evidence: Evidence): Fact[] => {
  const movedAt = whenMoved(evidence);
  return [
    ...evidence.bookings.bookings.map((row) => ofBooking(row, movedAt)),
    ...evidence.sessions.sessions.flatMap((row) => ofSession(row, movedAt, evidence)),
  ];
};

const violation = (says: string, witness: unknown): Violation => ({ invariant: 'I13', says, witness });

type Said = { readonly time: string; readonly data: { readonly offsetSeconds?: number } };
const saidIn = ({ body }: Copy): Said => JSON.parse(body) as Said;

/** Checks the wire only, not the tables. */
const once = ({ wire }: Evidence): Violation[] => {
  const events = new Map(wire.filter(({ type }) => isTimed(type)).map((copy) => [copy.id, copy]));
  const told = Map.groupBy(events.values(), (copy) => {
    return `${copy.type} ${saidIn(copy).data.offsetSeconds ?? 0} of ${copy.subject}`;
  });
  return [...told]
    .filter(([, { length }]) => length > 1)
    .map(([fact, copies]) => violation('published twice', { fact, ids: copies.map(({ id }) => id) }));
};

const nameOf = (type: string, offsetSeconds: number, aggregate: string): string =>
  `${type} ${offsetSeconds} of ${aggregate}`;

/** Neither early nor after it became irrelevant. A change of the session waits for the row's lock, so the times can be compared. */
const inTime = (row: TimerEventRow, fact: Fact | undefined, toldAt: number): string | null => {
  if (fact?.dueAt !== row.due_at) return 'published, and does not follow from the row';
  if (row.written_at < fact.dueAt || toldAt < fact.dueAt) return 'published before it was due';
  if (row.written_at > fact.movedAt) return 'published after the session or booking had moved on';
  return toldAt >= fact.staleAt ? 'published too late to matter' : null;
};

/** What became due just before the tables were read may still be in flight. */
const JUST_NOW_MS = 2_000;

/** I13: each timed event is published when it is due: never twice, early, or after it became irrelevant, and none is missing. */
export const timeIsTold: Invariant = (evidence) => {
  const { bookings, sessions, wire, now } = evidence;
  const facts = new Map(factsOf(evidence).map((fact) => [nameOf(fact.type, fact.offsetSeconds, fact.aggregate), fact]));
  const rows = [...bookings.timerEvents, ...sessions.timerEvents];
  const saidAt = new Map(
    wire.filter(({ type }) => isTimed(type)).map((copy) => [copy.id, Date.parse(saidIn(copy).time)]),
  );
  const wrong = rows.flatMap((row) => {
    const fact = facts.get(nameOf(row.type, row.offset_seconds, row.aggregate_id));
    const says = inTime(row, fact, saidAt.get(row.message_id) ?? row.written_at);
    return says === null ? [] : [violation(says, { row, fact: fact ?? null })];
  });
  const told = new Set(rows.map((row) => nameOf(row.type, row.offset_seconds, row.aggregate_id)));
  const isOwed = ({ dueAt, movedAt, isStill, staleAt }: Fact): boolean =>
    dueAt < now - JUST_NOW_MS && isStill && movedAt === Infinity && staleAt > now;
  const never = [...facts].filter(([name, fact]) => isOwed(fact) && !told.has(name));
  return [
    ...once(evidence),
    ...wrong,
    ...never.map(([, fact]) => violation('due, still true, and never published', fact)),
  ];
};
