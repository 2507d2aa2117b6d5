import { complete, onlyRow, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';
import type { SessionStatus } from '../domain/session-status.ts';

/** What one event says of a booking's session. */
export type SessionNews = {
  readonly messageId: string;
  readonly bookingId: string;
  readonly sessionId: string;
  readonly status: SessionStatus;
  readonly sequence: number;
  readonly at: string;
};

/**
 * The highest sequence wins, in the batch and against what is known, so that events may come in any order and any number
 * of times. Sorted by key: one order for everybody, no deadlocks. Returns the messages about what was never accepted here.
 */
const keep: Statement = {
  name: 'booking-sessions-keep',
  text: `with news as (
      select * from jsonb_to_recordset($1::jsonb) as n(
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
};

const read: Statement = {
  name: 'booking-sessions-and-now',
  text: `select date_trunc('milliseconds', clock_timestamp()) as now, (
      select coalesce(json_object_agg(booking_id, status), '{}')
      from booking_sessions where booking_id = any($1::uuid[])) as statuses`,
};

/** Message ids of the news about bookings that are not accepted here, or not with that session; of the others the newest is kept. */
export const keepSessionNews = async (tx: Queryable, news: readonly SessionNews[]): Promise<ReadonlySet<string>> => {
  const rows = await tx.query<{ messageId: string }>(keep, [JSON.stringify(news)]);
  return new Set(rows.map(({ messageId }) => messageId));
};

type Known = { readonly now: Date; readonly statuses: Readonly<Record<string, SessionStatus>> };

/** By booking, what is known of their sessions, and the database's time. */
export const readSessionStatuses = async (db: Queryable, bookingIds: readonly string[]): Promise<Known> => {
  const row = onlyRow(await db.query<Known>(read, [bookingIds]), read.name);
  return complete(row, ['now', 'statuses'], read.name);
};
