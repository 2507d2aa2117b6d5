import { expect, test } from '@jest/globals';
import { toBooking, toBookingAt } from './booking-row.ts';

const at = new Date('2039-01-01T09:00:00.000Z');
const ids = { id: '1', listingId: '3', mentorProfileId: '4', menteeUserId: '5' };
const rest = { startTime: at, endTime: at, notes: null, metadata: {}, version: 1, createdAt: at, updatedAt: at };
const none = { sessionId: null, acceptedMessageId: null, decidedAt: null, decidedBy: null };
const draft = { ...ids, ...rest, ...none, status: 'draft' };
const declined = { ...draft, status: 'declined', decidedAt: at, decidedBy: '6' };
const accepted = { ...declined, status: 'accepted', sessionId: '7', acceptedMessageId: '8' };

test.each([draft, declined, accepted])('a booking that is $status has no value that is null but cannot be', (row) => {
  expect(toBooking(row)).toMatchObject(row);
  const values = Object.entries(row).filter(([, value]) => value !== null);
  for (const [column] of values)
    expect(() => toBooking({ ...row, [column]: null })).toThrow(`bookings.${column} is null`);
});

test('nor is the time at which it was so', () => {
  expect(() => toBookingAt({ ...draft, now: null as unknown as Date })).toThrow('clock_timestamp() is null');
});
