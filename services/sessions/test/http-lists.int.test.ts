import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { aPersonOnBothSides, idsOf } from '@mentor-sessions/lab/every-service/lists';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { insertSessions, plainSession } from './plain-sessions.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'sessions' });
});
afterAll(() => api.stop());

type Person = ReturnType<typeof aPersonOnBothSides>;
const sides = ['asMentor', 'asMentee', 'asBoth'] as const;
const list = ({ actor }: Person, query: Record<string, string>) =>
  api.request('GET', `/sessions?${new URLSearchParams(query).toString()}`, { as: actor });

test('the session of a booking is found by the booking, by its two people only, also in upper case', async () => {
  const [me, stranger] = [aPersonOnBothSides(), aPersonOnBothSides()];
  const sessions = [0, 1, 2].map((n) => plainSession(n, me[sides[n]!]));
  await insertSessions(api.app, sessions);
  for (const { id, bookingId } of sessions) {
    expect(idsOf((await list(me, { bookingId: bookingId.toUpperCase() })).body.items)).toEqual([id]);
    expect((await list(stranger, { bookingId })).body.items).toEqual([]);
    expect((await list(me, { bookingId, status: 'completed' })).body.items).toEqual([]);
  }
  expect((await list(me, { bookingId: randomUUID() })).body.items).toEqual([]);
});
