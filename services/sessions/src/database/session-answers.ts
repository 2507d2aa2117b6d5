import type { Actor } from '@mentor-sessions/service-kit/actor';
import { onlyRow, present, type Database, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';
import {
  assertUsable,
  isDone,
  keptAnswerFrom,
  keyName,
  keyStateColumns,
  keyStateFrom,
  type IdempotencyKey,
  type KeyState,
} from '@mentor-sessions/service-kit/idempotency';
import { columns, noSuchSession, toSession, toSessionAt, type Row, type SessionAt } from './session-rows.ts';
import type { Session } from '../domain/session.ts';

/** A session as it was answered with, to the caller as they were then. */
export type SessionAnswer = { readonly session: Session; readonly askedBy: Actor };

const read: Statement = {
  name: 'session-read-under-key',
  text: `select ${columns}, a.accepted_by as "mentorUserId", date_trunc('milliseconds', clock_timestamp()) as now, ${keyStateColumns}
    from ${keyStateFrom(2)} left join (sessions s join accepted_bookings a on a.booking_id = s.booking_id) on s.id = $1`,
};

const kept: Statement = {
  name: 'session-answer',
  text: `select ${columns}, asked_by as "askedBy" from ${keptAnswerFrom('sessions', 's')}`,
};

/** `done`: the answer is kept already. Throws 422 and 409 of the key before 404. */
export const readSessionUnderKey = async (
  db: Queryable,
  id: string,
  key: IdempotencyKey,
): Promise<SessionAt | 'done'> => {
  const rows = await db.query<Row & KeyState & { id: string | null }>(read, [id, ...keyName(key)]);
  const { keptHash, isFree, ...found } = onlyRow(rows, read.name);
  if (isDone({ keptHash, isFree }, key)) return 'done';
  assertUsable({ keptHash, isFree });
  if (found.id === null) throw noSuchSession();
  return toSessionAt(found);
};

/** The session as it was answered with under this key. Null: the answer has just been forgotten. */
export const readAnswer = async (db: Database, key: IdempotencyKey): Promise<SessionAnswer | null> => {
  const [row] = await db.query<{ askedBy: Actor }>(kept, keyName(key));
  if (!row) return null;
  await db.confirmDurable();
  const { askedBy, ...properties } = row;
  return { session: toSession(properties), askedBy: present(askedBy, 'idempotency_keys.asked_by') };
};
