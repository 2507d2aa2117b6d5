type Owner = { query(sql: string): Promise<unknown> };

export type Backlog = {
  /** Accepted bookings without a known session, and rows in each outbox. */
  readonly waiting: number;
  /** Existing sessions. */
  readonly sessions: number;
};

const PARTITIONS_BEFORE = 30;
const PARTITIONS_AFTER = 7;

const day = (n: number): string => `current_date + ${n}`;

/** Thirty days of published events and a week of empty ones, as retention keeps them. */
const partitions = Array.from(
  { length: PARTITIONS_BEFORE + 1 + PARTITIONS_AFTER },
  (_, n) => n - PARTITIONS_BEFORE,
).map(
  (n) => `do $$ begin
    execute format('create table if not exists outbox_published_%s partition of outbox_published for values from (%L) to (%L)',
      to_char(${day(n)}, 'YYYYMMDD'), ${day(n)} || ' 00:00+00', ${day(n + 1)} || ' 00:00+00');
  end $$`,
);

const outboxColumns = 'message_id, aggregate_id, sequence, type, lane, envelope';
const envelope = `json_build_object('filler', repeat('x', 200))`;

const publishedBefore = (type: string, each: number): string => `
  insert into outbox_published (position, ${outboxColumns}, created_at, published_at)
  select n, gen_random_uuid(), gen_random_uuid(), 1, '${type}', n % 16, ${envelope}, at, at
  from generate_series(1, ${each * PARTITIONS_BEFORE}) n,
    lateral (select now() - interval '1 day' - n * interval '29 days' / ${each * PARTITIONS_BEFORE} as at) moments`;

/**
 * Half of the accepted bookings' events wait in the outbox, those of an eighth were just published, and those of the
 * rest are lost. Of these, some were published again once, twice, …, and some are about to be given up.
 */
const bookings = ({ waiting }: Backlog): string[] => [
  'alter table bookings disable trigger user',
  // its GiST index would take most of the time, and no statement here uses it
  'alter table bookings drop constraint mentor_never_double_booked',
  `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, status, session_id,
      accepted_message_id, decided_at, decided_by, version, created_at, updated_at)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '2039-01-01', '2039-01-01 01:00',
      'accepted', gen_random_uuid(), gen_random_uuid(), at, gen_random_uuid(), 2, at, at
    from generate_series(1, ${waiting}) n, lateral (
      select date_trunc('milliseconds', now()) - interval '2 minutes' - n * interval '50 minutes' / ${waiting} as at) moments`,
  // they ended within a day, and no one answered
  `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), at - interval '1 hour', at
    from generate_series(1, ${Math.ceil(waiting / 10)}) n, lateral (
      select date_trunc('milliseconds', now()) - n * interval '23 hours' / ${Math.ceil(waiting / 10)} as at) moments`,
  'alter table bookings enable trigger user',
  `insert into awaited_sessions (booking_id, accepted_at, attempts, tried_at, checked_at)
    select id, decided_at, tries, case when tries > 0 then decided_at end, decided_at
    from (select id, decided_at, case when n % 4 = 3 then n / 4 % 6 else 0 end as tries
      from (select id, decided_at, row_number() over (order by decided_at) as n from bookings where start_time = '2039-01-01') b) waiting`,
  `insert into outbox (${outboxColumns}, created_at)
    select accepted_message_id, id, 2, 'booking.accepted', n % 16, ${envelope}, decided_at
    from (select *, row_number() over (order by decided_at) as n from bookings where start_time = '2039-01-01') b
    where n % 2 = 0`,
  `insert into outbox (${outboxColumns}) select gen_random_uuid(), gen_random_uuid(), 2, 'booking.accepted', n % 16, ${envelope}
    from generate_series(1, ${Math.ceil(waiting / 2)}) n`,
  `insert into outbox_published (position, ${outboxColumns}, created_at, published_at)
    select n, accepted_message_id, id, 2, 'booking.accepted', n % 16, ${envelope}, decided_at,
      case when n % 8 = 1 then now() else decided_at end
    from (select *, row_number() over (order by decided_at) as n from bookings where start_time = '2039-01-01') b
    where n % 2 = 1`,
  publishedBefore('booking.accepted', Math.ceil(waiting / 100)),
];

/** Of those that ended within a day, every other one has started. */
const overdueSessions = (count: number): string[] => [
  `insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
      mentee_user_id, start_time, end_time, accepted_at, accepted_by)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), decode(repeat('00', 32), 'hex'), gen_random_uuid(),
      gen_random_uuid(), gen_random_uuid(), at - interval '1 hour', at, at - interval '2 hours', gen_random_uuid()
    from generate_series(1, ${count}) n, lateral (
      select date_trunc('milliseconds', now()) - n * interval '23 hours' / ${count} as at) moments`,
  `insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, created_at,
      status, started_at, started_by, updated_at)
    select session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, accepted_at,
      case when has_started then 'in_progress' else 'scheduled' end, case when has_started then start_time end,
      case when has_started then mentee_user_id end, case when has_started then start_time else accepted_at end
    from (select *, row_number() over (order by end_time) % 2 = 1 as has_started from accepted_bookings
      where end_time < now()) ended`,
  `insert into timer_events (aggregate_id, type, offset_seconds, due_at, message_id)
    select id, case status when 'scheduled' then 'session.start-overdue' else 'session.completion-overdue' end, 0, end_time,
      gen_random_uuid() from sessions where end_time < now()`,
];

/** No one else may write while the triggers are off. */
const createdSessions = (count: number): string[] => [
  'alter table sessions disable trigger user',
  `insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
      mentee_user_id, start_time, end_time, accepted_at, accepted_by)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), decode(repeat('00', 32), 'hex'), gen_random_uuid(),
      gen_random_uuid(), gen_random_uuid(), '2039-01-01', '2039-01-01 01:00', at, gen_random_uuid()
    from generate_series(1, ${count}) n, lateral (
      select date_trunc('milliseconds', now()) - n * interval '60 minutes' / ${count} as at) moments`,
  `insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, created_at, updated_at)
    select session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, accepted_at, accepted_at
    from accepted_bookings where start_time = '2039-01-01'`,
  ...overdueSessions(Math.ceil(count / 10)),
  'alter table sessions enable trigger user',
  `insert into session_transitions (session_id, to_status, actor_user_id, at)
    select session_id, 'scheduled', accepted_by, accepted_at from accepted_bookings where start_time = '2039-01-01'
    order by accepted_at`,
];

const sessions = (backlog: Backlog): string[] => [
  ...(backlog.sessions > 0 ? createdSessions(backlog.sessions) : []),
  `insert into outbox (${outboxColumns}) select gen_random_uuid(), gen_random_uuid(), 1, 'session.scheduled', n % 16, ${envelope}
    from generate_series(1, ${backlog.waiting}) n`,
  publishedBefore('session.scheduled', Math.ceil(backlog.waiting / 100)),
];

/** As the owners of the databases. */
export const fill = async (
  owners: Readonly<Record<'bookings' | 'sessions', Owner>>,
  backlog: Backlog,
): Promise<void> => {
  for (const sql of [...partitions, ...bookings(backlog)]) await owners.bookings.query(sql);
  for (const sql of [...partitions, ...sessions(backlog)]) await owners.sessions.query(sql);
};

export const tables = {
  bookings: ['bookings', 'awaited_sessions', 'outbox', 'outbox_published'],
  sessions: ['accepted_bookings', 'sessions', 'session_transitions', 'timer_events', 'outbox', 'outbox_published'],
} as const;
