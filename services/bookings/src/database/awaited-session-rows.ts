import { onlyRow, present, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';
import type { Booking } from '../domain/booking.ts';
import { properties, time, toBookingAt, type Row } from './booking-row.ts';

/** How long to wait for a session, and how often to send `booking.accepted` again; each wait is twice the one before. */
export type Patience = { readonly seconds: number; readonly attempts: number };

/** Key of the lock that stands for "this replica sends again"; any constant will do. */
const LOCK = 0x61776169;
const BATCH = 100;

const lock: Statement = { name: 'awaited-sessions-lock', text: `select pg_try_advisory_xact_lock(${LOCK}) as got` };

const nowMs = `date_trunc('milliseconds', clock_timestamp())`;
const waitedEnough = `coalesce(tried_at, accepted_at) < clock_timestamp() - make_interval(secs => $1 * power(2, attempts))`;

/** What waits in the outbox was not heard yet, and what was published a moment ago is on its way: neither is overdue. */
const take: Statement = {
  name: 'awaited-sessions-take',
  text: `update awaited_sessions set attempts = attempts + 1, tried_at = ${nowMs}
    where booking_id in (
      select booking_id from awaited_sessions
      where given_up_at is null and attempts < $2 and ${waitedEnough}
        and not exists (select from outbox where aggregate_id = booking_id)
        and not exists (
          select from outbox_published p where p.aggregate_id = booking_id
            and p.published_at > clock_timestamp() - make_interval(secs => $1))
      order by accepted_at limit ${BATCH})
    returning booking_id`,
};

const giveUp: Statement = {
  name: 'awaited-sessions-give-up',
  text: `update awaited_sessions set given_up_at = ${nowMs}
    where given_up_at is null and attempts >= $2 and ${waitedEnough}
    returning booking_id`,
};

const sendPublished: Statement = {
  name: 'awaited-sessions-send-published',
  text: `insert into outbox (message_id, aggregate_id, sequence, type, lane, envelope)
    select distinct on (message_id) message_id, aggregate_id, p.sequence, type, lane, envelope
    from outbox_published p join bookings on bookings.id = aggregate_id and accepted_message_id = message_id
    where aggregate_id = any($1::uuid[])
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

/** Counts an attempt for each booking whose session is overdue, the oldest first, and returns some of them. */
export const takeOverdue = async (tx: Queryable, { seconds, attempts }: Patience): Promise<string[]> =>
  idsOf(await tx.query<Awaited>(take, [seconds, attempts]));

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
