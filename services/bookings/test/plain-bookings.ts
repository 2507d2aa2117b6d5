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

/** Made a day before their time, whenever that was: no one may write such rows, so the owner looks away for a moment. */
export const insertPastBookings = async (
  app: pg.Client,
  owner: pg.Client,
  bookings: readonly PlainBooking[],
): Promise<void> => {
  await insertBookings(
    app,
    bookings.map((booking, n) => ({ ...booking, ...inHour(n) })),
  );
  await owner.query('begin; alter table bookings disable trigger booking_moves');
  await owner.query(
    `update bookings b set start_time = r.start, end_time = r."end", created_at = day_before, updated_at = day_before,
      decided_at = case when decided_at is not null then day_before end
    from ${asked}, lateral (select r.start - interval '1 day') d (day_before) where b.id = r.id`,
    [JSON.stringify(bookings)],
  );
  await owner.query('alter table bookings enable trigger booking_moves; commit');
};

const tables = { rows: 'bookings', transitions: 'booking_transitions', key: 'booking_id' };

export const historiesOfBookings = (owner: pg.Client, ids: readonly string[]): Promise<History[]> =>
  historiesOf(owner, tables, ids);
