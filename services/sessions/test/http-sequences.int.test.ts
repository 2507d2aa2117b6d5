import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { everybody, menteeId, people, profileId } from '@mentor-sessions/lab/people';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import fc from 'fast-check';
import { historiesOfSessions, insertSessions, plainSession } from './plain-sessions.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'sessions' });
});
afterAll(() => api.stop());

const actions = ['start', 'complete', 'get'] as const;
const step = fc.record({
  // those who may are few among everybody: half of the knocks are theirs
  person: fc.oneof(fc.constantFrom('its mentor' as const, 'its mentee' as const), fc.constantFrom(...everybody)),
  action: fc.constantFrom(...actions),
  ifMatch: fc.constantFrom(undefined, undefined, '*', '"1"', '"2"', '"3"', 'W/"1"'),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

type Model = { status: string; version: number; audit: { from: string | null; to: string; by: string }[] };
const moves = {
  start: { from: 'scheduled', to: 'in_progress' },
  complete: { from: 'in_progress', to: 'completed' },
} as const;

/** The rules of the domain once more, as short as they can be told. */
const expected = (model: Model, { person, action, ifMatch }: Step): string => {
  const actor: Claims = people[person];
  const isMentor = actor.roles.includes('mentor') && actor.mentorProfileId === profileId;
  const isMentee = actor.roles.includes('mentee') && actor.userId === menteeId;
  const isMentorOnly = isMentor && actor.userId !== menteeId;
  if (!(action === 'complete' ? isMentorOnly : isMentor || isMentee)) return '403 forbidden';
  if (action === 'get') return '200';
  if (ifMatch && ifMatch !== '*' && ifMatch !== `"${model.version}"`) return '412 precondition-failed';
  const { from, to } = moves[action];
  if (model.status !== from) return '409 invalid-transition';
  model.audit.push({ from, to, by: actor.userId });
  Object.assign(model, { status: to, version: model.version + 1 });
  return '200';
};

const knock = (id: string, { person, action, ifMatch }: Step) => {
  const call = { as: people[person], ...(ifMatch && { headers: { 'If-Match': ifMatch } }) };
  if (action === 'get') return api.request('GET', `/sessions/${id}`, call);
  return api.request('PATCH', `/sessions/${id}/${action}`, call);
};

test('whatever anybody asks in whatever order, no state is skipped, repeated or left backwards', async () => {
  const visited = new Set<string>();
  const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 16 }), async (steps) => {
    const session = plainSession(0);
    await insertSessions(api.app, [session]);
    const [born] = await historiesOfSessions(api.owner, [session.id]);
    const model: Model = { status: 'scheduled', version: 1, audit: [...born!.audit] };
    for (const each of steps) {
      const promised = expected(model, each);
      const answer = await knock(session.id, each);
      expect([each, answer.outcome]).toEqual([each, promised]);
      if (answer.status === 200) expect(answer.body).toMatchObject({ status: model.status, version: model.version });
    }
    const [history] = await historiesOfSessions(api.owner, [session.id]);
    expect(history).toMatchObject({ row: { status: model.status, version: model.version }, audit: model.audit });
    expect(history?.events).toEqual(['session.started', 'session.completed'].slice(0, model.version - 1));
    visited.add(model.status);
  });
  await fc.assert(property, { numRuns: 60 });
  expect(visited.size).toBe(3); // else the steps were not worth much
});
