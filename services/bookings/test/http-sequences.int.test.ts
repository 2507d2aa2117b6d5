import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { everybody, menteeId, people, profileId } from '@mentor-sessions/lab/people';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import fc from 'fast-check';
import { historiesOfBookings, inHour } from './plain-bookings.ts';

let api: TestApi;
let hour = 0;
beforeAll(async () => {
  api = await startTestApi({ service: 'bookings' });
});
afterAll(() => api.stop());

const actions = ['accept', 'decline', 'cancel', 'get'] as const;
const step = fc.record({
  // those who may are few among everybody: half of the knocks are theirs
  person: fc.oneof(fc.constantFrom('its mentor' as const, 'its mentee' as const), fc.constantFrom(...everybody)),
  action: fc.constantFrom(...actions),
  ifMatch: fc.constantFrom(undefined, undefined, '*', '"1"', '"2"', 'W/"1"'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

type Model = { status: string; version: number; audit: { from: string | null; to: string; by: string }[] };
const outcomes = { accept: 'accepted', decline: 'declined', cancel: 'cancelled' } as const;

/** The rules of the domain once more, as short as they can be told. */
const expected = (model: Model, { person, action, ifMatch }: Step): string => {
  const actor: Claims = people[person];
  const isMentor = actor.roles.includes('mentor') && actor.mentorProfileId === profileId;
  const isMentee = actor.roles.includes('mentee') && actor.userId === menteeId;
  const may = {
    get: isMentor || isMentee,
    accept: isMentor && actor.userId !== menteeId,
    decline: isMentor,
    cancel: isMentee,
  };
  if (!may[action]) return '403 forbidden';
  if (action === 'get') return '200';
  if (ifMatch && ifMatch !== '*' && ifMatch !== `"${model.version}"`) return '412 precondition-failed';
  if (model.status !== 'draft') return '409 invalid-transition';
  const to = outcomes[action];
  model.audit.push({ from: model.status, to, by: actor.userId });
  Object.assign(model, { status: to, version: model.version + 1 });
  return '200';
};

const knock = (id: string, { person, action, ifMatch }: Step) => {
  const call = { as: people[person], ...(ifMatch && { headers: { 'If-Match': ifMatch } }) };
  if (action === 'get') return api.request('GET', `/bookings/${id}`, call);
  return api.request('PATCH', `/bookings/${id}/${action}`, call);
};

test('whatever anybody asks in whatever order, a booking is where its rules say, and nowhere else', async () => {
  const visited = new Set<string>();
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
    const request = { listingId: randomUUID(), mentorProfileId: profileId, ...inHour((hour += 1)) };
    const { body } = await api.request('POST', '/bookings', { as: people['its mentee'], body: request });
    const model: Model = { status: 'draft', version: 1, audit: [{ from: null, to: 'draft', by: menteeId }] };
    for (const each of steps) {
      const promised = expected(model, each);
      const answer = await knock(body.id, each);
      expect([each, answer.outcome]).toEqual([each, promised]);
      if (answer.status === 200) expect(answer.body).toMatchObject({ status: model.status, version: model.version });
    }
    const [history] = await historiesOfBookings(api.owner, [body.id]);
    expect(history).toMatchObject({ row: { status: model.status, version: model.version }, audit: model.audit });
    expect(history?.events).toEqual(model.status === 'accepted' ? ['booking.accepted'] : []);
    visited.add(model.status);
  });
  await fc.assert(property, { numRuns: 60 });
  expect(visited.size).toBe(4); // else the steps were not worth much
});
