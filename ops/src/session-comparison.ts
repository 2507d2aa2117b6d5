import { complete, onlyRow, type Queryable } from '@mentor-sessions/service-kit/database';
import type { Databases } from './connections.ts';

/** A session whose state differs between the two databases. */
export type SessionDifference = {
  readonly sessionId: string;
  readonly bookingId: string;
  /** In the sessions database. */
  readonly status: string;
  readonly version: number;
  readonly changedAt: Date;
  /** As last received by bookings; null: nothing. */
  readonly knownStatus: string | null;
  /**
   * missing: an event did not reach bookings. ahead: bookings has a later state. gone: bookings knows the session and the
   * sessions database does not have it. unbooked: bookings has no accepted booking with this session. `ahead` and `gone`
   * mean that the sessions database was restored from a backup, `unbooked` that the bookings database was.
   */
  readonly state: 'missing' | 'ahead' | 'gone' | 'unbooked';
  /** Of an unbooked session: null: there is no such booking; accepted: with another session. */
  readonly bookingStatus?: string | null;
};

export type ComparisonResult = {
  /** Sessions that differ; counted up to 10,000. */
  readonly overdue: number;
  /** Since the oldest of them changed; 0 if there is none. */
  readonly oldestAgeSeconds: number;
};

/** Beyond this, counting rows would cost the database more than the number is worth. */
export const MAX_COUNTED = 10_000;

/** Changes must arrive within this time; they take less than a second when all is well. */
export const COMPARISON_LIMIT_SECONDS = 60;

export const PAGE = 1_000;

// Uses the index on the audit's times, newest first; with ties, so that the next page can begin below the last time.
const changedSessions = `
  with page as materialized (
    select session_id, at from session_transitions where at < $1 and at >= $2
    order by at desc fetch first ${PAGE} rows with ties)
  select s.id as "sessionId", s.booking_id as "bookingId", s.status, s.version, s.updated_at as "changedAt",
    (select min(at) from page) as "downTo", (select count(*)::integer from page) as size
  from sessions s where s.id in (select session_id from page)`;

const sessionsById = `select id as "sessionId", booking_id as "bookingId", status, version, updated_at as "changedAt"
  from sessions where id = any($1::uuid[])`;

const knownStates = `select session_id as "sessionId", status, sequence from booking_sessions
  where booking_id = any($1::uuid[])`;

const bookingsById = `select id as "bookingId", session_id as "sessionId", status from bookings where id = any($1::uuid[])`;

type Session = Pick<SessionDifference, (typeof columns)[number]>;
type KnownState = { readonly sessionId: string; readonly status: string; readonly sequence: number };
type Booking = { readonly bookingId: string; readonly sessionId: string | null; readonly status: string };

const columns = ['sessionId', 'bookingId', 'status', 'version', 'changedAt'] as const;

/** Returns the sessions that differ in bookings. Ignores those that changed after `before`: their events may be in flight. */
const compare = async (
  { bookings, sessions }: Databases,
  page: readonly Session[],
  before: Date,
): Promise<SessionDifference[]> => {
  const old = page.map((row) => complete(row, columns, 'sessions')).filter(({ changedAt }) => changedAt < before);
  if (old.length === 0) return [];
  const states = await bookings.query<KnownState>(knownStates, [old.map(({ bookingId }) => bookingId)]);
  const known = new Map(states.map((state) => [state.sessionId, state]));
  const sequenceOf = ({ sessionId }: Session): number => known.get(sessionId)?.sequence ?? 0;
  const unknown = old.filter((session) => sequenceOf(session) === 0);
  const behind = old.filter((session) => sequenceOf(session) > 0 && sequenceOf(session) < session.version);
  const ahead = old.filter((session) => sequenceOf(session) > session.version);
  const differenceOf = (session: Session, state: SessionDifference['state']): SessionDifference => {
    const { sessionId, bookingId, status, version, changedAt } = session;
    return {
      sessionId,
      bookingId,
      status,
      version,
      changedAt,
      knownStatus: known.get(sessionId)?.status ?? null,
      state,
    };
  };
  return [
    ...(await ofUnknown(bookings, unknown)),
    ...behind.map((session) => differenceOf(session, 'missing')),
    // read again: they may have moved on before bookings was read
    ...(await readSessions(sessions, ahead))
      .filter((session) => sequenceOf(session) > session.version)
      .map((session) => differenceOf(session, 'ahead')),
  ];
};

/** Sessions of which bookings has received nothing. */
const ofUnknown = async (db: Queryable, unknown: readonly Session[]): Promise<SessionDifference[]> => {
  if (unknown.length === 0) return [];
  const rows = await db.query<Booking>(bookingsById, [unknown.map(({ bookingId }) => bookingId)]);
  const bookings = new Map(rows.map((row) => [row.bookingId, row]));
  return unknown.map((session) => {
    const { sessionId, bookingId, status, version, changedAt } = session;
    const booking = bookings.get(bookingId);
    const difference = { sessionId, bookingId, status, version, changedAt, knownStatus: null };
    if (booking?.sessionId === sessionId) return { ...difference, state: 'missing' };
    return { ...difference, state: 'unbooked', bookingStatus: booking?.status ?? null };
  });
};

export const readSessions = async (
  db: Queryable,
  which: readonly { readonly sessionId: string }[],
): Promise<Session[]> =>
  which.length === 0 ? [] : db.query<Session>(sessionsById, [which.map(({ sessionId }) => sessionId)]);

export type Period = { readonly from: Date; readonly to: Date };
type PageRow = { readonly downTo: Date; readonly size: number };

/** The rows of a statement that returns a page of this period at a time, newest first. */
const pages = async function* <Row>(db: Queryable, statement: string, { from, to }: Period): AsyncGenerator<Row[]> {
  for (let upTo = to; ;) {
    const page = await db.query<Row & PageRow>(statement, [upTo, from]);
    yield page;
    const [first] = page;
    if (!first || first.size < PAGE) return;
    upTo = first.downTo;
  }
};

/** Compares every session that changed in this period, newest first, and yields the differences page by page. */
export const compareSessions = async function* (
  databases: Databases,
  period: Period,
): AsyncGenerator<SessionDifference[]> {
  for await (const page of pages<Session>(databases.sessions, changedSessions, period))
    yield await compare(databases, page, period.to);
};

/** Compares these sessions again. */
export const compareAgain = async (
  databases: Databases,
  sessionIds: readonly string[],
  before: Date,
): Promise<SessionDifference[]> => {
  const found: SessionDifference[] = [];
  for (let at = 0; at < sessionIds.length; at += PAGE) {
    const page = await databases.sessions.query<Session>(sessionsById, [sessionIds.slice(at, at + PAGE)]);
    found.push(...(await compare(databases, page, before)));
  }
  return found;
};

/** The clock of the sessions database, which dates the changes. */
export const readClock = async ({ sessions }: Pick<Databases, 'sessions'>): Promise<Date> => {
  const rows = await sessions.query<{ now: Date }>(`select date_trunc('milliseconds', clock_timestamp()) as now`);
  return complete(onlyRow(rows, 'clock'), ['now'], 'clock').now;
};

export const secondsBefore = (at: Date, seconds: number): Date => new Date(at.getTime() - seconds * 1_000);

export const resultOf = (found: readonly SessionDifference[], now: Date): ComparisonResult => {
  const ages = found.map(({ changedAt }) => (now.getTime() - changedAt.getTime()) / 1_000);
  return { overdue: found.length, oldestAgeSeconds: ages.reduce((oldest, age) => Math.max(oldest, age), 0) };
};

const A_DAY_SECONDS = 86_400;
const TIME_LIMIT_MS = 2_000;

/** Compares the last day once, or as much of it as two seconds allow, newest first. */
export const compareLastDay = async (databases: Databases): Promise<ComparisonResult> => {
  const deadline = performance.now() + TIME_LIMIT_MS;
  const now = await readClock(databases);
  const to = secondsBefore(now, COMPARISON_LIMIT_SECONDS);
  const found: SessionDifference[] = [];
  for await (const page of compareSessions(databases, { from: secondsBefore(to, A_DAY_SECONDS), to })) {
    found.push(...page);
    if (found.length >= MAX_COUNTED || performance.now() > deadline) break;
  }
  return resultOf(found, now);
};
