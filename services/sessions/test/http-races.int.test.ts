import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { historiesOfSessions, insertSessions, plainSession } from './plain-sessions.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'sessions' });
});
afterAll(() => api.stop());

const ROUNDS = 50;
const [mentor, mentee] = [people['its mentor'], people['its mentee']];
const colleague = people['another user of the mentor profile'];
const steps = [
  { action: 'start', from: 'scheduled', to: 'in_progress', actors: [mentor, mentee], event: 'session.started' },
  { action: 'complete', from: 'in_progress', to: 'completed', actors: [mentor, colleague], event: 'session.completed' },
] as const;

test.each(steps)(
  'of two simultaneous requests to $action one is 200 and one 409: one event, one audit row',
  async ({ action, from, to, actors, event }) => {
    const sessions = Array.from({ length: ROUNDS }, (_, n) => plainSession(n, { status: from }));
    await insertSessions(api.app, sessions);
    const winners = new Set<string>();
    for (const [n, { id }] of sessions.entries()) {
      const pair = n % 2 ? actors : actors.toReversed();
      const answers = await Promise.all(pair.map((as) => api.request('PATCH', `/sessions/${id}/${action}`, { as })));
      expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual(['200', '409 invalid-transition']);
      const [winner, loser] = answers.toSorted((a, b) => a.status - b.status);
      expect(loser?.body).toMatchObject({ currentStatus: to });
      const by = winner?.body[action === 'start' ? 'startedBy' : 'completedBy'] as string;
      const [history] = await historiesOfSessions(api.owner, [id]);
      expect(history?.row).toMatchObject({ status: to, version: winner?.body.version });
      expect(history?.audit.filter((step) => step.from === from)).toEqual([{ from, to, by }]);
      expect(history?.events).toEqual([event]);
      winners.add(by);
    }
    expect(winners.size).toBe(2); // else the same one was always first, and nothing raced
  },
);

test('of ten concurrent starts and completions each step happens once', async () => {
  const sessions = Array.from({ length: 10 }, (_, n) => plainSession(n));
  await insertSessions(api.app, sessions);
  for (const { id } of sessions) {
    const actions = Array.from({ length: 10 }, (_, n) => (n % 2 ? 'complete' : 'start'));
    const answers = await Promise.all(
      actions.map((action) => api.request('PATCH', `/sessions/${id}/${action}`, { as: mentor })),
    );
    const done = answers.filter(({ status }) => status === 200).map(({ body }) => body.status as string);
    const [history] = await historiesOfSessions(api.owner, [id]);
    expect(done.filter((status) => status === 'in_progress')).toHaveLength(1);
    expect(new Set(done).size).toBe(done.length);
    expect(history?.row).toMatchObject({ version: done.length + 1 });
    expect(history?.events).toEqual(['session.started', 'session.completed'].slice(0, done.length));
    expect(history?.audit).toHaveLength(done.length + 1);
  }
});
