import { randomUUID } from 'node:crypto';
import { historiesOf, type History } from '@mentor-sessions/lab/history';
import { menteeId, mentorId, profileId } from '@mentor-sessions/lab/people';
import type pg from 'pg';
import type { SessionStatus } from '../src/domain/session.ts';

export type PlainSession = {
  readonly id: string;
  readonly bookingId: string;
  readonly status: SessionStatus;
  readonly start: Date;
  readonly end: Date;
  readonly mentorProfileId: string;
  readonly menteeUserId: string;
};

export const plainSession = (n: number, wanted: Partial<PlainSession> = {}): PlainSession => ({
  id: randomUUID(),
  bookingId: randomUUID(),
  status: 'scheduled',
  start: new Date(Date.UTC(2031, 0, 1, n)),
  end: new Date(Date.UTC(2031, 0, 1, n + 1)),
  mentorProfileId: profileId,
  menteeUserId: menteeId,
  ...wanted,
});

const asked = `jsonb_to_recordset($1) as r (id uuid, "bookingId" uuid, status text, start timestamptz, "end" timestamptz,
  "mentorProfileId" uuid, "menteeUserId" uuid)`;
const terms = `"bookingId", listing, "mentorProfileId", "menteeUserId", start, "end"`;
const birth = `with asked as (select *, gen_random_uuid() as listing from ${asked}),
  accepted as (
    insert into accepted_bookings (session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time,
      end_time, message_id, content_hash, accepted_at, accepted_by)
    select id, ${terms}, gen_random_uuid(), sha256('as the event said'), now(), '${mentorId}' from asked)
  insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
  select id, ${terms} from asked`;
const start = `update sessions s set status = 'in_progress', version = 2,
    started_at = created_at, started_by = mentee_user_id, updated_at = created_at
  from ${asked} where s.id = r.id and r.status <> 'scheduled'`;
const completion = `update sessions s set status = 'completed', version = 3,
    completed_at = created_at, completed_by = '${mentorId}', updated_at = created_at
  from ${asked} where s.id = r.id and r.status = 'completed'`;

/** Written as the application may write them, without the application. */
export const insertSessions = async (app: pg.Client, sessions: readonly PlainSession[]): Promise<void> => {
  for (const sql of [birth, start, completion]) await app.query(sql, [JSON.stringify(sessions)]);
};

export type TimedSession = PlainSession & { readonly startedAt: Date };

/** Made a day before their time and started when they say: no one may write such rows, so the owner looks away for a moment. */
export const insertTimedSessions = async (
  app: pg.Client,
  owner: pg.Client,
  sessions: readonly TimedSession[],
): Promise<void> => {
  await insertSessions(app, sessions);
  await owner.query('begin; alter table sessions disable trigger session_moves');
  await owner.query(
    `update sessions s set created_at = start - interval '1 day',
      started_at = case when s.status <> 'scheduled' then "startedAt" end,
      completed_at = case when s.status = 'completed' then "startedAt" end,
      updated_at = case when s.status = 'scheduled' then start - interval '1 day' else "startedAt" end
    from jsonb_to_recordset($1) as r (id uuid, start timestamptz, "startedAt" timestamptz) where s.id = r.id`,
    [JSON.stringify(sessions)],
  );
  await owner.query('alter table sessions enable trigger session_moves; commit');
};

const tables = { rows: 'sessions', transitions: 'session_transitions', key: 'session_id' };

export const historiesOfSessions = (owner: pg.Client, ids: readonly string[]): Promise<History[]> =>
  historiesOf(owner, tables, ids);
