import { expect, test } from '@jest/globals';
import { createReader } from '@mentor-sessions/service-kit/repository';
import { sessions } from './entity.ts';

const at = new Date('2039-01-01T09:00:00.000Z');
const ids = { id: '1', bookingId: '2', listingId: '3', mentorProfileId: '4', menteeUserId: '5' };
const rest = { startTime: at, endTime: at, notes: null, metadata: {}, version: 1, createdAt: at, updatedAt: at };
const none = { startedAt: null, startedBy: null, completedAt: null, completedBy: null };
const scheduled = { ...ids, ...rest, ...none, status: 'scheduled' };
const started = { ...scheduled, status: 'in_progress', startedAt: at, startedBy: '5' };
const completed = { ...started, status: 'completed', completedAt: at, completedBy: '6' };

test.each([scheduled, started, completed])('a $status session with a null where a value belongs is refused', (row) => {
  const { toRow } = createReader(sessions);
  expect(toRow(row)).toEqual(row);
  const values = Object.entries(row).filter(([, value]) => value !== null);
  for (const [column] of values) expect(() => toRow({ ...row, [column]: null })).toThrow(`sessions.${column} is null`);
});
