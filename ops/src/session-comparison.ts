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

const PAGE = 1_000;

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
  const old = page
    .map((row) => complete(row, columns, 'sessions'))
    .filter(({ changedAt }) => changedAt < before)
    .map(({ sessionId, bookingId, status, version, changedAt }) => {
      return { sessionId, bookingId, status, version, changedAt };
    });
  if (old.length === 0) return [];
  const states = await bookings.query<KnownState>(knownStates, [old.map(({ bookingId }) => bookingId)]);
  const known = new Map(states.map((state) => [state.sessionId, state]));
  const sequenceOf = ({ sessionId }: Session): number => known.get(sessionId)?.sequence ?? 0;
  const unknown = old.filter((session) => sequenceOf(session) === 0);
  const behind = old.filter((session) => sequenceOf(session) > 0 && sequenceOf(session) < session.version);
  const ahead = old.filter((session) => sequenceOf(session) > session.version);
  const differenceOf = (session: Session, state: SessionDifference['state']): SessionDifference => {
    return { ...session, knownStatus: known.get(session.sessionId)?.status ?? null, state };
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
    const { sessionId } = session;
    const booking = bookings.get(session.bookingId);
    const difference = { ...session, knownStatus: null };
    if (booking?.sessionId === sessionId) return { ...difference, state: 'missing' };
    return { ...difference, state: 'unbooked', bookingStatus: booking?.status ?? null };
  });
};

const readSessions = async (db: Queryable, which: readonly { readonly sessionId: string }[]): Promise<Session[]> =>
  which.length === 0 ? [] : db.query<Session>(sessionsById, [which.map(({ sessionId }) => sessionId)]);

type Period = { readonly from: Date; readonly to: Date };
type PageRow = { readonly downTo: Date; readonly size: number };

/** Compares every session that changed in this period, newest first, and yields the differences page by page. */
export const compareSessions = async function* (
  databases: Databases,
  { from, to }: Period,
): AsyncGenerator<SessionDifference[]> {
  for (let upTo = to; ;) {
    const page: (Session & PageRow)[] = await databases.sessions.query(changedSessions, [upTo, from]);
    yield await compare(databases, page, to);
    const [first] = page;
    if (!first || first.size < PAGE) return;
    upTo = first.downTo;
  }
};

// By key: there is no index on the time. One row without a session if none of the page was reported in the period.
const reportedSessions = `
  with page as materialized (
    select booking_id, session_id, status, sequence, at from booking_sessions
    where booking_id > $3 order by booking_id limit ${PAGE})
  select session_id as "sessionId", booking_id as "bookingId", status as "knownStatus", sequence, at as "changedAt",
    (select booking_id from page order by booking_id desc limit 1) as last, (select count(*)::integer from page) as size
  from (values (1)) as always left join page on at < $1 and at >= $2`;

type Reported = Pick<SessionDifference, 'sessionId' | 'bookingId' | 'knownStatus' | 'changedAt'> & {
  readonly sequence: number;
  /** Of the page. */
  readonly last: string;
  readonly size: number;
};

/** Below the key of every booking. */
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * Reads all that bookings has received of sessions, and yields those reported in this period that the sessions database
 * does not have, or has in an earlier state.
 */
export const compareReported = async function* (
  { bookings, sessions }: Databases,
  { from, to }: Period,
): AsyncGenerator<SessionDifference[]> {
  for (let after = BEFORE_ALL; ;) {
    const page: Reported[] = await bookings.query(reportedSessions, [to, from, after]);
    const reported = page.filter(({ sessionId }) => (sessionId as string | null) !== null);
    const existing = new Map((await readSessions(sessions, reported)).map((row) => [row.sessionId, row]));
    yield reported.flatMap(({ sessionId, bookingId, knownStatus, changedAt, sequence }): SessionDifference[] => {
      const { version, status } = existing.get(sessionId) ?? { version: 0, status: 'gone' };
      if (version >= sequence) return [];
      const state = version === 0 ? 'gone' : 'ahead';
      return [{ sessionId, bookingId, status, version, changedAt, knownStatus, state }];
    });
    const [first] = page;
    if (!first || first.size < PAGE) return;
    after = first.last;
  }
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
