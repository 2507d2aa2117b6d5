import type { AuditRow, BookingRow, Evidence, OutboxRow, SessionRow, TimerEventRow } from '../evidence/evidence.ts';
import { isTimed, sequenceOf } from './timed.ts';

/** An event that must exist, given the state of a booking or session. */
export type Due = {
  readonly aggregate: string;
  readonly type: string;
  readonly source: '/bookings' | '/sessions';
  readonly sequence: number;
  readonly bookingId: string;
  /** The id that it must have, if the aggregate stores it. */
  readonly messageId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
};

/** `2040-01-01 00:00:00+00`, as PostgreSQL writes it in UTC, in the API's format; digits beyond milliseconds are kept. */
const isoOf = (time: string): string => {
  const [, day, clock, fraction = ''] = /^(\S+) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/.exec(time) ?? [];
  return day ? `${day}T${clock}.${fraction.padEnd(3, '0')}Z` : time;
};

const terms = (row: BookingRow | SessionRow) => ({
  listingId: row.listing_id,
  mentorProfileId: row.mentor_profile_id,
  menteeUserId: row.mentee_user_id,
  start: isoOf(row.start_time),
  end: isoOf(row.end_time),
  metadata: JSON.parse(row.metadata) as unknown,
});

type ActorOf = (id: string, status: string) => string | null | undefined;

const actorsIn = (audit: readonly AuditRow[]): ActorOf => {
  const actors = new Map(audit.map((row) => [`${row.id} ${row.to_status}`, row.actor_user_id]));
  return (id, status) => actors.get(`${id} ${status}`);
};

const timeOf = (at: number): string => new Date(at).toISOString();

const ofTimer = ({ type, message_id: messageId }: TimerEventRow) => ({ type, messageId, sequence: sequenceOf(type) });

const ofBooking = (booking: BookingRow, actorOf: ActorOf, rows: readonly TimerEventRow[]): Due[] => {
  const { id, status, session_id: sessionId, accepted_message_id: messageId, notes } = booking;
  const requested = { bookingId: id, ...terms(booking) };
  const by = actorOf(id, status);
  const said = {
    draft: {},
    accepted: { sessionId, notes, acceptedBy: by },
    declined: { declinedBy: by },
    cancelled: { cancelledBy: by },
  }[status];
  const of = { aggregate: id, bookingId: id, source: '/bookings' } as const;
  const request: Due = { ...of, type: 'booking.requested', sequence: 1, messageId: null, data: requested };
  const timed = rows.map((row): Due => ({ ...of, ...ofTimer(row), data: { ...requested, dueAt: timeOf(row.due_at) } }));
  if (status === 'draft') return [request, ...timed];
  const decided = { ...of, type: `booking.${status}`, sequence: 2, messageId, data: { ...requested, ...said } };
  return [request, decided, ...timed];
};

const ofSession = (session: SessionRow, actorOf: ActorOf, rows: readonly TimerEventRow[]): Due[] => {
  const mentorUserId = actorOf(session.id, 'scheduled');
  const scheduled = { sessionId: session.id, bookingId: session.booking_id, mentorUserId, ...terms(session) };
  const started = { ...scheduled, startedBy: session.started_by };
  const completed = { ...started, completedBy: session.completed_by };
  const reached = { scheduled: 1, in_progress: 2, completed: 3 }[session.status];
  const of = { aggregate: session.id, bookingId: session.booking_id, messageId: null, source: '/sessions' } as const;
  const changes = [
    { ...of, type: 'session.scheduled', sequence: 1, data: scheduled },
    { ...of, type: 'session.started', sequence: 2, data: started },
    { ...of, type: 'session.completed', sequence: 3, data: completed },
  ];
  const timed = rows.map((row): Due => {
    const offset = row.type === 'session.starting-soon' ? { offsetSeconds: row.offset_seconds } : {};
    const said = sequenceOf(row.type) === 2 ? started : scheduled;
    return { ...of, ...ofTimer(row), data: { ...said, ...offset, dueAt: timeOf(row.due_at) } };
  });
  return [...changes.slice(0, reached), ...timed];
};

export const dueEvents = ({ bookings, sessions }: Evidence): Due[] => {
  const [ofBookings, ofSessions] = [actorsIn(bookings.audit), actorsIn(sessions.audit)];
  const timed = Map.groupBy([...bookings.timerEvents, ...sessions.timerEvents], (row) => row.aggregate_id);
  return [
    ...bookings.bookings.flatMap((row) => ofBooking(row, ofBookings, timed.get(row.id) ?? [])),
    ...sessions.sessions.flatMap((row) => ofSession(row, ofSessions, timed.get(row.id) ?? [])),
  ];
};

/** A change has one event of its type; of timed events there may be several, with different ids. */
export const keyOf = (type: string, aggregate: string, messageId: string | null): string =>
  isTimed(type) ? `${type} ${messageId}` : `${type} of ${aggregate}`;

/** A row that is sent again with the same message id is the same event. */
export const writtenEvents = ({ bookings, sessions, statesMustAgree }: Evidence): OutboxRow[] => {
  const ofSessions = [...sessions.outbox, ...sessions.published];
  return [
    ...onceEach([...bookings.outbox, ...bookings.published]),
    ...(statesMustAgree ? onceEach(ofSessions) : ofSessions),
  ];
};

const onceEach = (rows: readonly OutboxRow[]): OutboxRow[] => [
  ...new Map(rows.map((row) => [row.message_id, row])).values(),
];
