import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createBookingsClient, createSessionsClient } from '@mentor-sessions/api-client';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { bookingRequest, mentee, mentor } from './bookings.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

test('a front end’s whole story through the typed client: request, accept, start, refusal, completion, list', async () => {
  const [bookingsApi, sessionsApi] = await world.startReady('bookings', 'sessions');
  const apisOf = (person: typeof mentor | typeof mentee) => {
    const token = () => world.stack.token(person);
    return {
      bookings: createBookingsClient({ baseUrl: bookingsApi?.url ?? '', token }),
      sessions: createSessionsClient({ baseUrl: sessionsApi?.url ?? '', token }),
    };
  };
  const [asMentor, asMentee] = [apisOf(mentor), apisOf(mentee)];

  const header = { 'Idempotency-Key': randomUUID() };
  const body = bookingRequest({ notes: 'hello' });
  const asked = await asMentee.bookings.POST('/bookings', { body, params: { header } });
  const again = await asMentee.bookings.POST('/bookings', { body, params: { header } });
  expect(again.data).toEqual(asked.data);
  const path = { id: asked.data?.id ?? '' };
  const accepted = await asMentor.bookings.PATCH('/bookings/{id}/accept', { params: { path } });
  const session = { params: { path: { id: accepted.data?.sessionId ?? '' } } };
  await eventually(async () => (await asMentee.sessions.GET('/sessions/{id}', session)).data);
  expect((await asMentee.sessions.PATCH('/sessions/{id}/start', session)).data?.status).toBe('in_progress');
  const refused = await asMentee.sessions.PATCH('/sessions/{id}/complete', session);
  expect([refused.data, refused.error?.code]).toEqual([undefined, 'forbidden']);
  expect((await asMentor.sessions.PATCH('/sessions/{id}/complete', session)).data?.status).toBe('completed');
  const query = { bookingId: path.id, status: 'completed', as: 'mentor' } as const;
  const listed = await asMentor.sessions.GET('/sessions', { params: { query } });
  expect(listed.data?.items.map(({ notes, start }) => [notes, start])).toEqual([['hello', body.start]]);
});
