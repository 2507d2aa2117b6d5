import { insertOutboxRowFrom, outboxValues, type OutgoingEnvelope } from '@mentor-sessions/messaging';
import {
  constraintOf,
  onlyRow,
  present,
  type Database,
  type Queryable,
  type Statement,
} from '@mentor-sessions/service-kit/database';
import { Conflict, NotFound, ValidationFailed } from '@mentor-sessions/service-kit/errors';
import {
  hasTurn,
  keepAnswerFrom,
  keyValues,
  lockKey,
  type IdempotencyKey,
} from '@mentor-sessions/service-kit/idempotency';
import type { Booking, BookingDecision } from '../domain/booking.ts';
import type { NewBooking } from '../domain/request-booking.ts';
import { properties, time, toBooking, toBookingAt, type BookingAt, type Row } from './booking-row.ts';

const columns = `${properties}, ${time}`;

const now: Statement = { name: 'now', text: `select ${time}` };

const sessionStatusColumn = `(
  select s.status from booking_sessions s where s.booking_id = bookings.id) as "sessionStatus"`;

const read: Statement = {
  name: 'booking-read',
  text: `select ${columns}, ${sessionStatusColumn} from bookings where id = $1`,
};

const insert: Statement = {
  name: 'booking-insert',
  text: `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
    values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${columns}`,
};

/** The same under an Idempotency-Key: answer and effect are written together, or neither is. */
const insertUnderKey: Statement = {
  name: 'booking-insert-under-key',
  text: `with ${lockKey(9)},
    made as (
      insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time, notes, metadata)
      select $1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz, $6::timestamptz, $7::text, $8::jsonb
      where ${hasTurn} returning *),
    ${keepAnswerFrom('made', 9)}
    select ${columns} from made`,
};

const change = `update bookings set status = $3, version = $4, decided_at = $5, updated_at = $5, decided_by = $6,
    session_id = $7, accepted_message_id = $8
  where id = $1 and version = $2`;

// Who decides has read the row, and is told only whether it was still so: what it has become is known.
const decide: Statement = { name: 'booking-decide', text: `${change} returning true as written` };

/** Change and event in one statement: one round trip, and no way to write the one without the other. */
const decideAndTell: Statement = {
  name: 'booking-decide-and-tell',
  text: `with changed as (${change} returning *), told as (${insertOutboxRowFrom('changed', 9)})
    select true as written from changed`,
};

const decideUnderKey: Statement = {
  name: 'booking-decide-under-key',
  text: `with ${lockKey(9)}, changed as (${change} and ${hasTurn} returning *), ${keepAnswerFrom('changed', 9)}
    select true as written from changed`,
};

const decideAndTellUnderKey: Statement = {
  name: 'booking-decide-and-tell-under-key',
  text: `with ${lockKey(15)}, changed as (${change} and ${hasTurn} returning *),
    told as (${insertOutboxRowFrom('changed', 9)}), ${keepAnswerFrom('changed', 15)}
    select true as written from changed`,
};

export const readNow = async (db: Queryable): Promise<Date> => {
  const row = onlyRow(await db.query<{ now: Date }>(now), now.name);
  return present(row.now, 'clock_timestamp()');
};

export const readBooking = async (db: Queryable, id: string): Promise<BookingAt> => {
  const found = await findBooking(db, id);
  if (!found) throw new NotFound('There is no such booking.');
  return found;
};

/** Null: another request was faster under the same key. */
export const insertBooking = async (
  db: Database,
  born: NewBooking,
  key?: IdempotencyKey,
): Promise<BookingAt | null> => {
  const { id, listingId, mentorProfileId, menteeUserId, startTime, endTime, notes, metadata } = born;
  const values = [id, listingId, mentorProfileId, menteeUserId, startTime, endTime, notes, JSON.stringify(metadata)];
  const readBack = () => db.query<Row>(read, [id]);
  const writing = key
    ? db.write<Row>(insertUnderKey, [...values, ...keyValues(key)], readBack).catch(keyIsTaken)
    : db.write<Row>(insert, values, readBack);
  const [row] = await writing.catch(startHasPassed);
  return row ? toBookingAt(row) : null;
};

export type DecisionToWrite = {
  readonly booking: Booking;
  readonly decision: BookingDecision;
  readonly event?: OutgoingEnvelope;
  readonly key?: IdempotencyKey | undefined;
};

/** Writes a decision made on `booking`, with its event if it has one. Null: the booking has changed meanwhile, or its key was taken. */
export const writeDecision = async (
  db: Database,
  { booking, decision, event, key }: DecisionToWrite,
): Promise<BookingAt | null> => {
  const { status, version, decidedAt, decidedBy, sessionId, acceptedMessageId } = decision;
  const values = [booking.id, booking.version, status, version, decidedAt, decidedBy, sessionId, acceptedMessageId];
  // two equal decisions of one millisecond differ in the message of an acceptance; without one nobody can tell them apart, nor needs to
  const isWritten = ({ booking: found }: BookingAt): boolean =>
    found.version === version &&
    found.decidedBy === decidedBy &&
    found.decidedAt?.getTime() === decidedAt.getTime() &&
    found.acceptedMessageId === acceptedMessageId;
  const readBack = async () => {
    const rows = await db.query<Row>(read, [booking.id]);
    return rows.filter((row) => isWritten(toBookingAt(row)));
  };
  const all = [...values, ...(event ? outboxValues(event) : []), ...(key ? keyValues(key) : [])];
  const rows = await db.write(statementFor(event, key), all, readBack).catch(keyIsTaken).catch(mentorIsBusy);
  if (rows.length === 0) return null;
  const decided = toBooking({ ...booking, ...decision, updatedAt: decidedAt });
  return { booking: decided, sessionStatus: null, now: decidedAt };
};

const statementFor = (event: OutgoingEnvelope | undefined, key: IdempotencyKey | undefined): Statement => {
  if (key) return event ? decideAndTellUnderKey : decideUnderKey;
  return event ? decideAndTell : decide;
};

export const findBooking = async (db: Queryable, id: string): Promise<BookingAt | null> => {
  const [row] = await db.query<Row>(read, [id]);
  return row ? toBookingAt(row) : null;
};

const keyIsTaken = (error: unknown): never[] => {
  if (constraintOf(error) !== 'idempotency_key_once') throw error;
  return [];
};

const mentorIsBusy = (error: unknown): never => {
  if (constraintOf(error) !== 'mentor_never_double_booked') throw error;
  throw new Conflict('mentor-double-booked', 'The mentor has accepted another booking at that time.');
};

// it was in the future when we asked, and is in the past now
const startHasPassed = (error: unknown): never => {
  if (constraintOf(error) !== 'booking_starts_in_the_future') throw error;
  throw new ValidationFailed([{ path: 'body.start', message: 'must not be in the past' }]);
};
