import type { Actor } from '@mentor-sessions/service-kit/actor';
import {
  complete,
  onlyRow,
  present,
  type Database,
  type Queryable,
  type Statement,
} from '@mentor-sessions/service-kit/database';
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
import { NotFound } from '@mentor-sessions/service-kit/errors';
import { properties, time, toBookingAt, type BookingAt, type Row } from './booking-row.ts';

const now: Statement = {
  name: 'now-under-key',
  text: `select ${time}, ${keyStateColumns} from ${keyStateFrom(1)}`,
};

const read: Statement = {
  name: 'booking-read-under-key',
  text: `select ${properties}, ${time}, ${keyStateColumns} from ${keyStateFrom(2)} left join bookings on id = $1`,
};

const kept: Statement = {
  name: 'booking-answer',
  text: `select ${properties}, kept_at as now, asked_by as "askedBy" from ${keptAnswerFrom('bookings')}`,
};

/** The database's time, and what it knows of the key. */
export const readNowUnderKey = async (db: Queryable, key: IdempotencyKey): Promise<KeyState & { now: Date }> => {
  const row = onlyRow(await db.query<KeyState & { now: Date }>(now, keyName(key)), now.name);
  return complete(row, ['now', 'isFree'], now.name);
};

/** `isDone`: the answer is kept already. Throws 422 and 409 of the key before 404. */
export const readBookingUnderKey = async (
  db: Queryable,
  id: string,
  key: IdempotencyKey,
): Promise<BookingAt | 'done'> => {
  const rows = await db.query<Row & KeyState>(read, [id, ...keyName(key)]);
  const { keptHash, isFree, ...found } = onlyRow(rows, read.name);
  if (isDone({ keptHash, isFree }, key)) return 'done';
  assertUsable({ keptHash, isFree });
  if (found['id'] === null) throw new NotFound('There is no such booking.');
  return toBookingAt(found);
};

/** The booking as it was answered with under this key. Null: the answer has just been forgotten. */
export const readAnswer = async (db: Database, key: IdempotencyKey): Promise<BookingAt | null> => {
  const [row] = await db.query<Row & { askedBy: Actor }>(kept, keyName(key));
  if (!row) return null;
  await db.confirmDurable();
  const { askedBy, ...found } = row;
  return { ...toBookingAt(found), askedBy: present(askedBy, 'idempotency_keys.asked_by') };
};
