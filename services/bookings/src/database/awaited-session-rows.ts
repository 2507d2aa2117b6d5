import { onlyRow, present, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';
import type { Booking } from '../domain/booking.ts';
import { properties, time, toBookingAt, type Row } from './booking-row.ts';

/** How long to wait for a session, and how often to send `booking.accepted` again; each wait is twice the one before. */
export type Patience = { readonly seconds: number; readonly attempts: number };

/** Key of the lock that stands for "this replica sends again"; any constant will do. */
const LOCK = 0x61776169;
/** At most, for each number of attempts: what costs little however many wait. */
export const BATCH = 40;
/** As many as the configuration allows. */
const MOST_ATTEMPTS = 20;

const lock: Statement = { name: 'awaited-sessions-lock', text: `select pg_try_advisory_xact_lock(${LOCK}) as got` };

const nowMs = `date_trunc('milliseconds', clock_timestamp())`;

// now(), not clock_timestamp(): only what is stable within a statement can bound an index scan or leave partitions out.
// Each number of attempts has a wait of its own, and so an index scan of its own: none can hide what is due of another.
// The limit of all tells the planner how few there are: a plan for many would read the whole table.
const dueOf = (levels: string): string => `(
  select booking_id from generate_series(${levels}) as level, lateral (
    select booking_id from awaited_sessions
    where given_up_at is null and attempts = level
      and checked_at < now() - make_interval(secs => $1 * power(2, level))
    order by checked_at limit ${BATCH}) of_level
  limit ${BATCH * MOST_ATTEMPTS}) due`;

/** With the time since which its event is on its way: it waits in the outbox, or was published a moment ago. Null: overdue. */
const find: Statement = {
  name: 'awaited-sessions-find-due',
  text: `select booking_id, case
        when exists (select from outbox where aggregate_id = booking_id) then ${nowMs}
        else (
          select max(p.published_at) from outbox_published p
          where p.aggregate_id = booking_id and p.published_at between now() - make_interval(secs => $1) and now())
      end as on_its_way
    from ${dueOf('0, $2::integer - 1')}`,
};

/** The wait begins again there, so that what is on its way does not stand before what is overdue. */
const wait: Statement = {
  name: 'awaited-sessions-wait',
  text: `update awaited_sessions a set checked_at = on_its_way
    from unnest($1::uuid[], $2::timestamptz[]) as waiting (id, on_its_way) where booking_id = id`,
};

const take: Statement = {
  name: 'awaited-sessions-take',
  text: `update awaited_sessions set attempts = attempts + 1, tried_at = ${nowMs}, checked_at = ${nowMs}
    where booking_id = any($1::uuid[]) returning booking_id`,
};

const giveUp: Statement = {
  name: 'awaited-sessions-give-up',
  text: `update awaited_sessions set given_up_at = ${nowMs}
    where booking_id in (select booking_id from ${dueOf(`$2::integer, ${MOST_ATTEMPTS}`)})
    returning booking_id`,
};

// Published after it was decided: partitions of the days before are not read. An hour less, for a clock that was set back.
const sendPublished: Statement = {
  name: 'awaited-sessions-send-published',
  text: `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select p.message_id, p.aggregate_id, p.sequence, p.type, p.lane, p.envelope
    from bookings b cross join lateral (
      select * from outbox_published p
      where p.aggregate_id = b.id and p.message_id = b.accepted_message_id and p.published_at between b.decided_at - interval '1 hour' and now()
      limit 1) p
    where b.id = any($1::uuid[])
    returning aggregate_id`,
};

const read: Statement = {
  name: 'awaited-sessions-read-bookings',
  text: `select ${properties}, ${time} from bookings where id = any($1::uuid[]) order by id`,
};

type Awaited = { readonly booking_id: string };
const idsOf = (rows: readonly Awaited[]): string[] => rows.map(({ booking_id: id }) => id);

/** False: another replica is at it. Until the end of the transaction nobody else is. */
export const isAlone = async (tx: Queryable): Promise<boolean> => {
  return present(onlyRow(await tx.query<{ got: boolean }>(lock), lock.name).got, lock.name);
};

type Due = Awaited & { readonly on_its_way: Date | null };

/** Counts an attempt for bookings whose session is overdue, the oldest first, and returns them. */
export const takeOverdue = async (tx: Queryable, { seconds, attempts }: Patience): Promise<string[]> => {
  const due = await tx.query<Due>(find, [seconds, attempts]);
  const onTheirWay = due.filter(({ on_its_way: since }) => since !== null);
  await tx.query(wait, [idsOf(onTheirWay), onTheirWay.map(({ on_its_way: since }) => since)]);
  return idsOf(await tx.query<Awaited>(take, [idsOf(due.filter(({ on_its_way: since }) => since === null))]));
};

/** Bookings that were sent again as often as they may be, and have no session still. */
export const giveUpOverdue = async (tx: Queryable, { seconds, attempts }: Patience): Promise<string[]> =>
  idsOf(await tx.query<Awaited>(giveUp, [seconds, attempts]));

/** Puts what was published of these bookings into the outbox again, byte for byte; returns those of which it is kept. */
export const sendPublishedAgain = async (tx: Queryable, bookingIds: readonly string[]): Promise<Set<string>> => {
  const rows = await tx.query<{ aggregate_id: string }>(sendPublished, [bookingIds]);
  return new Set(rows.map((row) => row.aggregate_id));
};

export const readBookings = async (tx: Queryable, ids: readonly string[]): Promise<Booking[]> => {
  const rows = await tx.query<Row>(read, [ids]);
  return rows.map((row) => toBookingAt(row).booking);
};
