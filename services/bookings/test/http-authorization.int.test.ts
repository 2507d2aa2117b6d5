import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { outcomeOf } from '@mentor-sessions/lab/every-service/authorization';
import { readTable } from '@mentor-sessions/lab/expectation-table';
import { countsOf } from '@mentor-sessions/lab/history';
import { actors, type ActorName, profileId } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { creation } from './authorization-matrix.ts';
import { historiesOfBookings, inHour } from './plain-bookings.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'bookings' });
});
afterAll(() => api.stop());

const everyActor = Object.keys(actors) as ActorName[];
const tables = ['bookings', 'booking_transitions', 'outbox'];

test.each(everyActor)('%s requests a booking', async (actor) => {
  const [line] = readTable(creation);
  const expected = Number(line?.[actor]);
  const before = await countsOf(api.owner, tables);
  const body = { listingId: randomUUID(), mentorProfileId: profileId, ...inHour(5_000) };
  const answer = await api.request('POST', '/bookings', { as: actors[actor], body });
  expect(answer.outcome).toBe(outcomeOf(expected));
  const born = expected === 201 ? 1 : 0;
  expect(await countsOf(api.owner, tables)).toEqual({
    bookings: before['bookings']! + born,
    outbox: before['outbox']! + born,
    booking_transitions: before['booking_transitions']! + born,
  });
  if (born) {
    const by = actors[actor]!.userId;
    expect(answer.body).toMatchObject({ menteeUserId: by, status: 'draft', version: 1 });
    const [history] = await historiesOfBookings(api.owner, [answer.body.id]);
    expect(history).toMatchObject({
      row: { mentee_user_id: by },
      audit: [{ from: null, to: 'draft', by }],
      events: ['booking.requested'],
    });
  }
});
