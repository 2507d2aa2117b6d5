import { sql } from '@mentor-sessions/service-kit/database';
import { columnsOf, type Guards } from '@mentor-sessions/service-kit/repository';
import { bookings, knownSession } from './entity.ts';

/** As the trigger and the constraint of these names have it. `asked` is the row as it will be, `b` as it is. */
export const guards: Guards = {
  insert: { booking_starts_in_the_future: `asked.start_time < date_trunc('milliseconds', now())` },
  update: {
    mentor_never_double_booked: `asked.status = 'accepted' and exists (
      select from bookings other where other.mentor_profile_id = b.mentor_profile_id and other.status = 'accepted'
        and tstzrange(other.start_time, other.end_time, '[)') && tstzrange(b.start_time, b.end_time, '[)'))`,
  },
};

/** An accepted booking of the same mentor that overlaps this one. */
export const findInTheWay = sql(
  'booking-find-in-the-way',
  `select other.id from bookings b, lateral (
    select id from bookings other where other.mentor_profile_id = b.mentor_profile_id and other.status = 'accepted'
      and tstzrange(other.start_time, other.end_time, '[)') && tstzrange(b.start_time, b.end_time, '[)')
    limit 1) other
  where b.id = :id`,
);

/**
 * What was told of sessions. The highest sequence wins, in the batch and against what is known, so that events may come in
 * any order and any number of times. Sorted by key: one order for all, no deadlocks. Returns the messages about bookings
 * that were never accepted here.
 */
export const keepSessionNews = sql(
  'booking-sessions-keep',
  `with news as (
      select * from jsonb_to_recordset(:news::jsonb) as n(
        "messageId" uuid, "bookingId" uuid, "sessionId" uuid, status text, sequence integer, at timestamptz)),
    ours as (
      select news.* from news join bookings on bookings.id = "bookingId" and bookings.session_id = "sessionId"),
    newest as (
      select distinct on ("bookingId") * from ours order by "bookingId", sequence desc),
    kept as (
      insert into booking_sessions as known (booking_id, session_id, status, sequence, at)
      select "bookingId", "sessionId", status, sequence, at from newest order by "bookingId"
      on conflict (booking_id) do update
        set status = excluded.status, sequence = excluded.sequence, at = excluded.at
        where known.sequence < excluded.sequence)
    select "messageId" from news except select "messageId" from ours`,
);

export const knownSessions = sql(
  'booking-sessions-known',
  `select coalesce(json_object_agg(booking_id, ${knownSession}), '{}') as value
    from booking_sessions s where booking_id = any(:bookingIds::uuid[])`,
);

/** At most, for each number of attempts: what costs little however many wait. */
export const REMINDER_BATCH = 40;
/** As many as the configuration allows. */
const MOST_ATTEMPTS = 20;
/** A century; twenty doublings of a few days would lead to before PostgreSQL’s earliest timestamp. */
const LONGEST_WAIT_SECONDS = 3_155_760_000;
/** Key of the lock that stands for "this replica sends again"; any constant will do. */
const REMINDER_LOCK = 0x61776169;

const nowMs = `date_trunc('milliseconds', clock_timestamp())`;

// now(), not clock_timestamp(): only what is stable within a statement can bound an index scan or leave partitions out.
// Each number of attempts has a wait of its own, and so an index scan of its own: none can hide what is due of another.
// The limit of all tells the planner how few there are: a plan for many would read the whole table.
const overdueFor = (levels: string): string => `(
  select booking_id from generate_series(${levels}) as level, lateral (
    select booking_id from awaited_sessions
    where given_up_at is null and attempts = level
      and checked_at < now() - make_interval(secs => least(:seconds * power(2, level), ${LONGEST_WAIT_SECONDS}))
    order by checked_at limit ${REMINDER_BATCH}) of_level
  limit ${REMINDER_BATCH * MOST_ATTEMPTS}) due`;

export const reminders = {
  /** Alone, without a transaction: nearly every scan ends here. */
  anyOverdue: sql(
    'awaited-sessions-any-overdue',
    `select exists (select from ${overdueFor(`0, ${MOST_ATTEMPTS}`)}) as value`,
  ),

  tryLock: sql('awaited-sessions-lock', `select pg_try_advisory_xact_lock(${REMINDER_LOCK}) as value`),

  /** With the time since which its event is on its way: it waits in the outbox, or was published a moment ago. Null: overdue. */
  findDue: sql(
    'awaited-sessions-find-due',
    `select booking_id, case
        when exists (select from outbox where aggregate_id = booking_id) then ${nowMs}
        else (
          select max(p.published_at) from outbox_published p
          where p.aggregate_id = booking_id and p.published_at between now() - make_interval(secs => :seconds) and now())
      end as on_its_way
    from ${overdueFor('0, :attempts::integer - 1')}`,
  ),

  /** The wait begins again there, so that what is on its way does not stand before what is overdue. */
  wait: sql(
    'awaited-sessions-wait',
    `update awaited_sessions a set checked_at = on_its_way
    from unnest(:ids::uuid[], :times::timestamptz[]) as waiting (id, on_its_way) where booking_id = id`,
  ),

  take: sql(
    'awaited-sessions-take',
    `update awaited_sessions set attempts = attempts + 1, tried_at = ${nowMs}, checked_at = ${nowMs}
    where booking_id = any(:ids::uuid[]) returning booking_id`,
  ),

  giveUp: sql(
    'awaited-sessions-give-up',
    `update awaited_sessions set given_up_at = ${nowMs}
    where booking_id in (select booking_id from ${overdueFor(`:attempts::integer, ${MOST_ATTEMPTS}`)})
    returning booking_id`,
  ),

  // Published after it was decided: partitions of the days before are not read. An hour less, for a clock that was set back.
  sendPublished: sql(
    'awaited-sessions-send-published',
    `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select p.message_id, p.aggregate_id, p.sequence, p.type, p.lane, p.envelope
    from bookings b cross join lateral (
      select * from outbox_published p
      where p.aggregate_id = b.id and p.message_id = b.accepted_message_id and p.published_at between b.decided_at - interval '1 hour' and now()
      limit 1) p
    where b.id = any(:ids::uuid[])
    returning aggregate_id`,
  ),

  readBookings: sql(
    'awaited-sessions-read-bookings',
    `select ${columnsOf(bookings)} from bookings b where id = any(:ids::uuid[]) order by id`,
  ),
};
