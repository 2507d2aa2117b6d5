import { randomUUID } from 'node:crypto';
import { historiesOf, type History } from '@mentor-sessions/lab/history';
import { menteeId, mentorId, profileId } from '@mentor-sessions/lab/people';
import type pg from 'pg';
import type { BookingStatus } from '../src/domain/booking.ts';

export type PlainBooking = {
  readonly id: string;
  readonly status: BookingStatus;
  readonly start: Date;
  readonly end: Date;
  readonly mentorProfileId: string;
  readonly menteeUserId: string;
};

const hour = 3_600_000;
const tomorrow = Math.ceil(Date.now() / hour) * hour + 24 * hour;

/** The n-th hour from tomorrow on: bookings of different hours can all be accepted. */
export const inHour = (n: number): { start: Date; end: Date } => ({
  start: new Date(tomorrow + n * hour),
  end: new Date(tomorrow + (n + 1) * hour),
});

export const plainBooking = (n: number, wanted: Partial<PlainBooking> = {}): PlainBooking => ({
  id: randomUUID(),
  status: 'draft',
  ...inHour(n),
  mentorProfileId: profileId,
  menteeUserId: menteeId,
  ...wanted,
});

const asked = `jsonb_to_recordset($1) as r (id uuid, status text, start timestamptz, "end" timestamptz,
  "mentorProfileId" uuid, "menteeUserId" uuid)`;
const birth = `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
  select id, gen_random_uuid(), "mentorProfileId", "menteeUserId", start, "end" from ${asked}`;
const decision = `update bookings b set status = r.status, version = 2, decided_at = created_at, updated_at = created_at,
    decided_by = case r.status when 'cancelled' then mentee_user_id else '${mentorId}' end,
    session_id = case r.status when 'accepted' then gen_random_uuid() end,
    accepted_message_id = case r.status when 'accepted' then gen_random_uuid() end
  from ${asked} where b.id = r.id and r.status <> 'draft'`;

/** Written as the application may write them, without the application. */
export const insertBookings = async (app: pg.Client, bookings: readonly PlainBooking[]): Promise<void> => {
  for (const sql of [birth, decision]) await app.query(sql, [JSON.stringify(bookings)]);
};

/** Asked for long ago, and over: no one may write such a row any more, so the owner looks away for a moment. */
export const insertPastBooking = async (owner: pg.Client, booking: PlainBooking): Promise<void> => {
  await owner.query('begin; alter table bookings disable trigger booking_is_born');
  await insertBookings(owner, [booking]);
  await owner.query(`insert into booking_transitions select id, null, 'draft', mentee_user_id, created_at
    from bookings where id = '${booking.id}'`);
  await owner.query('alter table bookings enable trigger booking_is_born; commit');
};

const tables = { rows: 'bookings', transitions: 'booking_transitions', key: 'booking_id' };

export const historiesOfBookings = (owner: pg.Client, ids: readonly string[]): Promise<History[]> =>
  historiesOf(owner, tables, ids);
