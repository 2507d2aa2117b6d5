import { expect, test } from '@jest/globals';
import { createReader } from '@mentor-sessions/service-kit/repository';
import { bookings } from './entity.ts';

const at = new Date('2039-01-01T09:00:00.000Z');
const ids = { id: '1', listingId: '3', mentorProfileId: '4', menteeUserId: '5' };
const rest = { startTime: at, endTime: at, notes: null, metadata: {}, version: 1, createdAt: at, updatedAt: at };
const none = { sessionId: null, acceptedMessageId: null, decidedAt: null, decidedBy: null };
const draft = { ...ids, ...rest, ...none, status: 'draft' };
const declined = { ...draft, status: 'declined', decidedAt: at, decidedBy: '6' };
const accepted = { ...declined, status: 'accepted', sessionId: '7', acceptedMessageId: '8' };

const { toRow, toSeen } = createReader(bookings);

test.each([draft, declined, accepted])('a $status booking with a null where a value belongs is refused', (row) => {
  expect(toRow(row)).toEqual(row);
  const values = Object.entries(row).filter(([, value]) => value !== null);
  for (const [column] of values) expect(() => toRow({ ...row, [column]: null })).toThrow(`bookings.${column} is null`);
});

test('a row without the time of its reading is refused', () => {
  expect(() => toSeen({ ...draft, now: null })).toThrow('clock_timestamp() is null');
});
