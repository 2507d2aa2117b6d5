import type { Stage } from '../../harness/stage.ts';
import { uuidAt } from '../../harness/uuid-at.ts';

const nobody = '01980000-0000-7000-8000-000000000000';
/** Mentor in half of the sessions, mentee in half of the others. */
export const busy = '01980000-0000-7000-8000-00000000000a';

const tables = ['accepted_bookings', 'sessions'];

/** `count` accepted bookings and their sessions, an hour apart. Nobody asks for their history: the triggers rest meanwhile. */
export const fillSessions = async ({ sessions }: Stage, count: number): Promise<void> => {
  for (const table of tables) await sessions.query(`alter table ${table} disable trigger user`);
  await sessions.query(
    `insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
       mentee_user_id, start_time, end_time, accepted_at, accepted_by)
     select id, id, id, sha256('of no interest'), '${nobody}',
       case when n % 2 = 0 then '${busy}' else md5('mentor' || n % 1000)::uuid end,
       case when n % 4 = 1 then '${busy}' else md5('mentee' || n % 1000)::uuid end,
       start, start + interval '1 hour', now(), '${nobody}'
     from (select n, ${uuidAt('clock_timestamp()')} as id from generate_series(1, $1::integer) n) numbered,
       lateral (select timestamptz '2040-01-01 00:00+00' + n * interval '1 hour' as start) as at`,
    [count],
  );
  await sessions.query(
    `insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
     select session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time
     from accepted_bookings`,
  );
  for (const table of tables) await sessions.query(`alter table ${table} enable trigger user`);
  await sessions.query('vacuum analyze');
};

/** Where four fifths of the list are above it. */
export const deepInTheList = async ({ sessions }: Stage, count: number): Promise<{ start: Date; id: string }> => {
  const { rows } = await sessions.query<{ start: Date; id: string }>(
    'select start_time as start, id from sessions order by start_time desc offset $1 limit 1',
    [Math.floor(count * 0.8)],
  );
  return rows[0] as { start: Date; id: string };
};
