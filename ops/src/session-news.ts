import { complete } from '@mentor-sessions/service-kit/database';
import { COUNTED } from './counted.ts';
import type { Databases } from './databases.ts';

/** A session whose state the two services see differently. */
export type NewsOverdue = {
  readonly sessionId: string;
  readonly bookingId: string;
  /** As the sessions database has it. */
  readonly status: string;
  readonly version: number;
  readonly changedAt: Date;
  /** What bookings has heard last; null: nothing. */
  readonly knownStatus: string | null;
  /**
   * missing: an event did not reach bookings. ahead: bookings has heard of more than there is. gone: bookings knows a
   * session that there is not. The last two mean that the sessions database was put back.
   */
  readonly state: 'missing' | 'ahead' | 'gone';
};

/** What changed at least so long ago must be known: an event is there within a second when all is well. */
export const NEWS_LIMIT_SECONDS = 60;

const PAGE = 1_000;

// by the index of the audit's times, the newest first; with ties, so that the next page can begin below the last time
const changed = `
  with page as materialized (
    select session_id, at from session_transitions where at < $1 and at >= $2
    order by at desc fetch first ${PAGE} rows with ties)
  select s.id as "sessionId", s.booking_id as "bookingId", s.status, s.version, s.updated_at as "changedAt",
    (select min(at) from page) as "downTo", (select count(*)::integer from page) as size
  from sessions s where s.id in (select session_id from page)`;

const these = `select id as "sessionId", booking_id as "bookingId", status, version, updated_at as "changedAt"
  from sessions where id = any($1::uuid[])`;

const heard = `select asked.id as "bookingId", known.status, known.sequence
  from unnest($1::uuid[]) as asked (id) left join booking_sessions known on known.booking_id = asked.id`;

type Session = Omit<NewsOverdue, 'knownStatus' | 'state'>;
type Heard = { readonly bookingId: string; readonly status: string | null; readonly sequence: number | null };

const columns = ['sessionId', 'bookingId', 'status', 'version', 'changedAt'] as const;

/** Of these sessions, those that bookings sees differently. `before`: what changed later may still be on its way. */
const compare = async ({ bookings }: Databases, sessions: readonly Session[], before: Date): Promise<NewsOverdue[]> => {
  const old = sessions.map((row) => complete(row, columns, 'sessions')).filter(({ changedAt }) => changedAt < before);
  if (old.length === 0) return [];
  const rows = await bookings.query<Heard>(heard, [old.map(({ bookingId }) => bookingId)]);
  const known = new Map(rows.map((row) => [row.bookingId, row]));
  return old.flatMap((session) => {
    const { status = null, sequence = null } = known.get(session.bookingId) ?? {};
    if (sequence === session.version) return [];
    return [{ ...pick(session), knownStatus: status, state: (sequence ?? 0) < session.version ? 'missing' : 'ahead' }];
  });
};

const pick = ({ sessionId, bookingId, status, version, changedAt }: Session): Session => {
  return { sessionId, bookingId, status, version, changedAt };
};

export type Period = { readonly from: Date; readonly to: Date };

/** Compares the state of every session that changed in this period, newest first, and yields what differs page by page. */
export const compareSessions = async function* (
  databases: Databases,
  { from, to }: Period,
): AsyncGenerator<NewsOverdue[]> {
  for (let upTo = to; ;) {
    const page = await databases.sessions.query<Session & { downTo: Date; size: number }>(changed, [upTo, from]);
    const [first] = page;
    yield await compare(databases, page, to);
    if (!first || first.size < PAGE) return;
    upTo = first.downTo;
  }
};

/** The same of sessions that were different before. */
export const compareAgain = async (
  databases: Databases,
  sessionIds: readonly string[],
  before: Date,
): Promise<NewsOverdue[]> => {
  const found: NewsOverdue[] = [];
  for (let at = 0; at < sessionIds.length; at += PAGE) {
    const page = await databases.sessions.query<Session>(these, [sessionIds.slice(at, at + PAGE)]);
    found.push(...(await compare(databases, page, before)));
  }
  return found;
};

/** By the clock of the sessions database, which the times of changes come from. */
export const readClock = async ({ sessions }: Pick<Databases, 'sessions'>): Promise<Date> => {
  const [row] = await sessions.query<{ now: Date }>(`select date_trunc('milliseconds', clock_timestamp()) as now`);
  return complete(row ?? { now: null as never }, ['now'], 'clock').now;
};

export const secondsBefore = (at: Date, seconds: number): Date => new Date(at.getTime() - seconds * 1_000);

// by the index of acceptances, the newest first; what bookings has not heard of is drift
const accepted = `
  with page as materialized (
    select id, session_id, decided_at from bookings where status = 'accepted' and decided_at < $1 and decided_at >= $2
    order by decided_at desc fetch first ${PAGE} rows with ties)
  select page.session_id as "sessionId", page.id as "bookingId", known.status as "knownStatus", known.at as "changedAt",
    (select min(decided_at) from page) as "downTo", (select count(*)::integer from page) as size
  from page left join booking_sessions known on known.booking_id = page.id`;

type Accepted = {
  readonly sessionId: string;
  readonly bookingId: string;
  readonly knownStatus: string | null;
  readonly changedAt: Date;
  readonly downTo: Date;
  readonly size: number;
};

/** Sessions of bookings accepted in this period that bookings knows and the sessions database does not have. */
export const findGone = async function* (
  { bookings, sessions }: Databases,
  { from, to }: Period,
): AsyncGenerator<NewsOverdue[]> {
  for (let upTo = to; ;) {
    const page = await bookings.query<Accepted>(accepted, [upTo, from]);
    const ids = page.filter(({ knownStatus }) => knownStatus !== null).map(({ sessionId }) => sessionId);
    const there = new Set((await sessions.query<Session>(these, [ids])).map(({ sessionId }) => sessionId));
    const gone = page.filter(({ sessionId, knownStatus }) => knownStatus !== null && !there.has(sessionId));
    yield gone.map(({ sessionId, bookingId, knownStatus, changedAt }) => {
      return { sessionId, bookingId, status: 'gone', version: 0, changedAt, knownStatus, state: 'gone' };
    });
    const [first] = page;
    if (!first || first.size < PAGE) return;
    upTo = first.downTo;
  }
};

/** What a comparison found. */
export type News = {
  /** Sessions whose state bookings does not know; counted up to 10,000. */
  readonly overdue: number;
  /** Since the oldest of them changed; 0 if there is none. */
  readonly oldestAgeSeconds: number;
};

export const newsOf = (found: readonly NewsOverdue[], now: Date): News => ({
  overdue: found.length,
  oldestAgeSeconds: found.reduce(
    (age, { changedAt }) => Math.max(age, (now.getTime() - changedAt.getTime()) / 1_000),
    0,
  ),
});

const A_DAY_SECONDS = 86_400;
const PATIENCE_MS = 2_000;

/** Of a day, or of as much of it as two seconds allow, the latest first: for one look. */
export const readNews = async (databases: Databases, limitSeconds: number = NEWS_LIMIT_SECONDS): Promise<News> => {
  const deadline = performance.now() + PATIENCE_MS;
  const now = await readClock(databases);
  const to = secondsBefore(now, limitSeconds);
  const found: NewsOverdue[] = [];
  for await (const page of compareSessions(databases, { from: secondsBefore(to, A_DAY_SECONDS), to })) {
    found.push(...page);
    if (found.length >= COUNTED || performance.now() > deadline) break;
  }
  return newsOf(found, now);
};
