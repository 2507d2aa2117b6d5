import { randomUUIDv7 } from 'node:crypto';
import type { Stage } from '../../harness/stage.ts';
import { mentors } from './mentors.ts';

const MENTEE = '01980000-0000-7000-a000-000000000000';
const notes = 'I would like to talk about my first year as a tech lead, and how to say no.';
const metadata = JSON.stringify({ campaign: 'spring', source: 'search', plan: 'monthly' });

const newIds = (count: number): string[] => Array.from({ length: count }, () => randomUUIDv7());
const profiles = mentors.map(({ mentorProfileId }) => mentorProfileId);

/** id, mentor (in turn) and time (an hour of the mentor's own) of each. */
const wanted = `unnest($1::uuid[]) with ordinality as wanted(id, n),
  lateral (select ($2::uuid[])[1 + (n - 1) % ${mentors.length}] as mentor,
    timestamptz '2040-01-01 00:00+00' + n / ${mentors.length} * interval '1 hour' as start) as of_it`;

/** Drafts, and nothing else. */
export const onlyDrafts = async ({ bookings }: Stage, count: number): Promise<string[]> => {
  const ids = newIds(count);
  await bookings.query('truncate bookings, booking_transitions, booking_sessions, awaited_sessions, outbox cascade');
  await bookings.query(
    `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
     select id, mentor, mentor, $3, start, start + interval '1 hour', $4, $5 from ${wanted}`,
    [ids, profiles, MENTEE, notes, metadata],
  );
  await bookings.query('vacuum analyze');
  return ids;
};

/** Sessions in progress, and nothing else; a session's booking has the id of the session. */
export const onlySessionsInProgress = async ({ sessions }: Stage, count: number): Promise<string[]> => {
  const ids = newIds(count);
  await sessions.query('truncate sessions, session_transitions, accepted_bookings, outbox cascade');
  await sessions.query(
    `insert into accepted_bookings (booking_id, session_id, message_id, content_hash, listing_id, mentor_profile_id,
       mentee_user_id, start_time, end_time, accepted_at, accepted_by)
     select id, id, id, sha256('of no interest'), mentor, mentor, $3, start, start + interval '1 hour', now(), mentor
     from ${wanted}`,
    [ids, profiles, MENTEE],
  );
  await sessions.query(
    `insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
     select session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, $1, $2
     from accepted_bookings`,
    [notes, metadata],
  );
  await sessions.query(
    `update sessions set status = 'in_progress', version = 2, started_at = at, updated_at = at, started_by = mentor_profile_id
     from (select date_trunc('milliseconds', clock_timestamp()) as at) as now`,
  );
  await sessions.query('vacuum analyze');
  return ids;
};

const count = 'select count(*)::integer as count';

export const acceptedWithEvent = async ({ bookings }: Stage): Promise<number> => {
  const { rows } = await bookings.query<{ count: number }>(
    `${count} from bookings join outbox on message_id = accepted_message_id where status = 'accepted'`,
  );
  return rows[0]?.count ?? 0;
};

export const completedWithEvent = async ({ sessions }: Stage): Promise<number> => {
  const { rows } = await sessions.query<{ count: number }>(
    `${count} from sessions s join outbox on aggregate_id = s.id and sequence = version where status = 'completed'`,
  );
  return rows[0]?.count ?? 0;
};
