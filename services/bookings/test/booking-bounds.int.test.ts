import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Answer } from '@mentor-sessions/lab/api-client';
import { people, profileId } from '@mentor-sessions/lab/people';
import { answerTo } from '@mentor-sessions/lab/plain-sql';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { migrateUp } from '../src/migrate.ts';
import { fresh } from './legal-writes.ts';
import { insertBookings, plainBooking } from './plain-bookings.ts';

const HOUR_MS = 3_600_000;
/** One moment for all: a booking from `inHours(1)` to `inHours(49)` is exactly 48 hours long. */
const now = Date.now();
const inHours = (hours: number): Date => new Date(now + hours * HOUR_MS);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'bookings', env: { LONGEST_BOOKING_HOURS: '48', FURTHEST_START_DAYS: '900' } });
});
afterAll(() => api.stop());
afterEach(() => {
  jest.restoreAllMocks();
});

const post = (start: Date, end: Date): Promise<Answer> => {
  const body = { listingId: profileId, mentorProfileId: profileId, start, end };
  return api.request('POST', '/bookings', { as: people['its mentee'], body });
};
const migrateWith = (env: Readonly<Record<string, string>>): Promise<string[]> => {
  jest.replaceProperty(process, 'env', { ...env });
  return migrateUp(api.stack.bookings.adminDatabaseUrl);
};

describe('a database with the default bounds, behind an api with wider ones', () => {
  test.each([
    ['25 hours long', 'body.end', inHours(1), inHours(26)],
    ['732 days ahead', 'body.start', inHours(24 * 732), inHours(24 * 732 + 1)],
  ])('refuses a booking %s, and the caller gets a field error', async (_, path, start, end) => {
    const answer = await post(start, end);
    expect([answer.outcome, answer.body.errors[0].path]).toEqual(['400 validation-failed', path]);
  });

  test('has them without a row, too', async () => {
    await api.owner.query('delete from booking_bounds');
    const long = `insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
      select ${fresh}, ${fresh}, ${fresh}, ${fresh}, start, start + interval '25 hours'
      from (select date_trunc('hour', now()) + interval '1 hour' as start) at`;
    expect(await answerTo(api.app, long)).toBe('23514 booking_is_not_too_long');
    expect((await post(inHours(1), inHours(25))).outcome).toBe('201');
  });
});

test('migrations write the bounds of their variables into the database', async () => {
  expect(await migrateWith({ LONGEST_BOOKING_HOURS: '48', FURTHEST_START_DAYS: '900' })).toEqual([]);
  expect((await post(inHours(1), inHours(49))).outcome).toBe('201');
  expect((await post(inHours(24 * 899), inHours(24 * 899 + 1))).outcome).toBe('201');
  const errors = [await post(inHours(1), inHours(49.1)), await post(inHours(24 * 901), inHours(24 * 901 + 1))];
  expect(errors.map(({ body }) => body.errors)).toEqual([
    [expect.objectContaining({ path: 'body.end', message: 'must be at most 48 hours after start' })],
    [expect.objectContaining({ path: 'body.start', message: 'must be within 900 days from now' })],
  ]);
});

test.each(['0', '8785', '1.5', 'a day'])('migrations refuse a longest booking of %s', async (LONGEST_BOOKING_HOURS) => {
  await expect(migrateWith({ LONGEST_BOOKING_HOURS })).rejects.toThrow('LONGEST_BOOKING_HOURS: must be');
});

test('a booking that exceeds the current bounds can be accepted, declined and cancelled', async () => {
  await migrateWith({ LONGEST_BOOKING_HOURS: '8784', FURTHEST_START_DAYS: '36525' });
  const old = [0, 1, 2].map((n) =>
    plainBooking(n, { start: inHours(24 * (2_000 + 100 * n)), end: inHours(24 * (2_050 + 100 * n)) }),
  );
  await insertBookings(api.app, old);
  await migrateWith({ LONGEST_BOOKING_HOURS: '1', FURTHEST_START_DAYS: '1' });
  const [mentor, mentee] = [people['its mentor'], people['its mentee']];
  const acts = [
    ['accept', mentor],
    ['decline', mentor],
    ['cancel', mentee],
  ] as const;
  for (const [n, [action, as]] of acts.entries())
    expect((await api.request('PATCH', `/bookings/${old[n]?.id}/${action}`, { as })).outcome).toBe('200');
});
