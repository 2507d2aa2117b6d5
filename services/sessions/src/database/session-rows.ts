import { insertOutboxRowFrom, outboxValues, wasEnqueued, type OutgoingEnvelope } from '@mentor-sessions/messaging';
import {
  complete,
  constraintOf,
  present,
  type Database,
  type Queryable,
  type Statement,
} from '@mentor-sessions/service-kit/database';
import {
  hasTurn,
  keepAnswerFrom,
  keyValues,
  lockKey,
  type IdempotencyKey,
} from '@mentor-sessions/service-kit/idempotency';
import { NotFound } from '@mentor-sessions/service-kit/errors';
import type { SessionStatus } from '../domain/lifecycle.ts';
import { Session, type SessionTransition } from '../domain/session.ts';

/** A session, the mentor who accepted its booking, and the database's time at which it was so. */
export type SessionAt = { readonly session: Session; readonly mentorUserId: string; readonly now: Date };

export const columns = `s.id, s.booking_id as "bookingId", s.listing_id as "listingId", s.mentor_profile_id as "mentorProfileId",
  s.mentee_user_id as "menteeUserId", s.start_time as "startTime", s.end_time as "endTime", s.status, s.notes, s.metadata,
  s.started_at as "startedAt", s.started_by as "startedBy", s.completed_at as "completedAt", s.completed_by as "completedBy",
  s.version, s.created_at as "createdAt", s.updated_at as "updatedAt"`;

const read: Statement = {
  name: 'session-read',
  text: `select ${columns}, a.accepted_by as "mentorUserId", date_trunc('milliseconds', clock_timestamp()) as now
    from sessions s join accepted_bookings a on a.booking_id = s.booking_id
    where s.id = $1`,
};

/**
 * Change and event in one statement: one round trip, and no way to write the one without the other. Who asks has read the
 * row, and is told only whether it was still so: what it has become is known.
 */
const transition = (verb: 'start' | 'complete', [at, by]: readonly [string, string]): Statement => ({
  name: `session-${verb}`,
  text: `with s as (
      update sessions set status = $3, version = $4, ${at} = $5, ${by} = $6, updated_at = $5
      where id = $1 and version = $2 returning *),
    told as (${insertOutboxRowFrom('s', 7)})
    select true as written from s`,
});

/** The same under an Idempotency-Key: the answer is written with them. */
const transitionUnderKey = (verb: 'start' | 'complete', [at, by]: readonly [string, string]): Statement => ({
  name: `session-${verb}-under-key`,
  text: `with ${lockKey(13)},
    s as (
      update sessions set status = $3, version = $4, ${at} = $5, ${by} = $6, updated_at = $5
      where id = $1 and version = $2 and ${hasTurn}
      returning *), told as (${insertOutboxRowFrom('s', 7)}), ${keepAnswerFrom('s', 13)}
    select true as written from s`,
});

const startColumns = ['started_at', 'started_by'] as const;
const completionColumns = ['completed_at', 'completed_by'] as const;
const [start, completion] = [transition('start', startColumns), transition('complete', completionColumns)];
const [startUnderKey, completionUnderKey] = [
  transitionUnderKey('start', startColumns),
  transitionUnderKey('complete', completionColumns),
];

export const findSession = async (db: Queryable, id: string): Promise<SessionAt | null> => {
  const [row] = await db.query<Row>(read, [id]);
  return row ? toSessionAt(row) : null;
};

export const readSession = async (db: Queryable, id: string): Promise<SessionAt> => {
  const found = await findSession(db, id);
  if (!found) throw noSuchSession();
  return found;
};

export type TransitionToWrite = {
  readonly session: Session;
  readonly change: SessionTransition;
  readonly event: OutgoingEnvelope;
  readonly key?: IdempotencyKey | undefined;
};

/** Null: the session has changed since `session` was read, or its key was taken. */
export const writeTransition = async (
  db: Database,
  { session, change, event, key }: TransitionToWrite,
): Promise<Session | null> => {
  const [statement, statementUnderKey, at, by] =
    change.status === 'in_progress'
      ? ([start, startUnderKey, change.startedAt, change.startedBy] as const)
      : ([completion, completionUnderKey, change.completedAt, change.completedBy] as const);
  const values = [session.id, session.version, change.status, change.version, at, by, ...outboxValues(event)];
  // by the message's own id: another's equal change may have been made in the same millisecond
  const readBack = async () => ((await wasEnqueued(db, event)) ? [{}] : []);
  const all = [...values, ...(key ? keyValues(key) : [])];
  const rows = await db.write(key ? statementUnderKey : statement, all, readBack).catch(keyIsTaken);
  return rows.length > 0 ? toSession({ ...session, ...change, updatedAt: at }) : null;
};

export const noSuchSession = (): NotFound =>
  new NotFound('There is no such session, or not yet.', { headers: { 'Retry-After': '1' } });

export type Row = { readonly mentorUserId: string; readonly now: Date };

export const toSessionAt = ({ mentorUserId, now, ...properties }: Row): SessionAt => ({
  session: toSession(properties),
  mentorUserId: present(mentorUserId, 'accepted_bookings.accepted_by'),
  now: present(now, 'clock_timestamp()'),
});

const keyIsTaken = (error: unknown): never[] => {
  if (constraintOf(error) !== 'idempotency_key_once') throw error;
  return [];
};

// Not Object.assign on a new one: that would run the setters that the ORM defines for its unit of work, 19 times a row.
export const toSession = (properties: object): Session =>
  completeSession({ __proto__: Session.prototype, ...properties } as unknown as Session);

const always = [
  ...(['id', 'bookingId', 'listingId', 'mentorProfileId', 'menteeUserId', 'startTime', 'endTime'] as const),
  ...(['status', 'metadata', 'version', 'createdAt', 'updatedAt'] as const),
];
const started = ['startedAt', 'startedBy'] as const;
const byStatus: Readonly<Record<SessionStatus, readonly (keyof Session)[]>> = {
  scheduled: always,
  in_progress: [...always, ...started],
  completed: [...always, ...started, 'completedAt', 'completedBy'],
};

/** Throws unless everything has a value that the tables demand of a session in this status. */
export const completeSession = (session: Session): Session =>
  complete(session, byStatus[session.status] ?? always, 'sessions');
