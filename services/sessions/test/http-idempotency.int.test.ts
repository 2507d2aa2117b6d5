import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Answer, Call } from '@mentor-sessions/lab/api-client';
import { people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { historiesOfSessions, insertSessions, plainSession, type PlainSession } from './plain-sessions.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'sessions' });
});
afterAll(() => api.stop());

const { 'its mentor': mentor, 'its mentee': mentee, 'another mentor': stranger } = people;
const transitions = [
  ['start', 'scheduled', 'session.started'],
  ['complete', 'in_progress', 'session.completed'],
] as const;

type Under = { readonly key: string; readonly as?: Call['as']; readonly headers?: Record<string, string> };
const move = (id: string, action: 'start' | 'complete', { key, as = mentor, headers = {} }: Under): Promise<Answer> =>
  api.request('PATCH', `/sessions/${id}/${action}`, { as, headers: { 'Idempotency-Key': key, ...headers } });

let hours = 0;
const session = async (status: PlainSession['status']): Promise<string> => {
  const made = plainSession(hours++, { status });
  await insertSessions(api.app, [made]);
  return made.id;
};
const said = ({ status, text, headers }: Answer) => ({ status, text, etag: headers.get('etag') });

test.each(transitions)(
  '%s under one key is one transition and one event, with the same answer each time',
  async (...given) => {
    const [action, from, event] = given;
    const [key, id] = [randomUUID(), await session(from)];
    const first = await move(id, action, { key });
    expect(first.outcome).toBe('200');
    expect(said(await move(id, action, { key }))).toEqual(said(first));
    expect(said(await move(id, action, { key, headers: { 'If-Match': '"1"' } }))).toEqual(said(first));
    // with the rights of then, whatever the roles are now
    expect(said(await move(id, action, { key, as: { ...mentor, roles: [] } }))).toEqual(said(first));
    const [history] = await historiesOfSessions(api.owner, [id]);
    expect(history?.events).toEqual([event]);
  },
);

test('the answer of then is given again when the session has gone on', async () => {
  const [key, id] = [randomUUID(), await session('scheduled')];
  const started = await move(id, 'start', { key, as: mentee });
  expect((await move(id, 'complete', { key: randomUUID() })).outcome).toBe('200');
  expect(said(await move(id, 'start', { key, as: mentee }))).toEqual(said(started));
});

test('another request under the key is 422, before 404, 403, 412 and 409; the key of somebody else is another', async () => {
  const [key, id, other] = [randomUUID(), await session('scheduled'), await session('scheduled')];
  await move(id, 'start', { key });
  const stale = { 'If-Match': '"9"' };
  const paths = [
    [id, 'complete'],
    [other, 'start'],
    [other, 'complete'],
    [randomUUID(), 'start'],
  ] as const;
  for (const [one, action] of paths)
    expect((await move(one, action, { key, headers: stale })).outcome).toBe('422 idempotency-key-reused');
  expect((await move(other, 'start', { key, as: stranger })).outcome).toBe('403 forbidden');
  expect((await move(other, 'start', { key, as: mentee })).outcome).toBe('200');
  const missing = await move(randomUUID(), 'start', { key: randomUUID() });
  expect([missing.outcome, missing.headers.get('retry-after')]).toEqual(['404 not-found', '1']);
});

test.each(transitions)(
  'of three %ss at once under one key all have the same answer, or are told that it is in use',
  async (...given) => {
    const [action, from, event] = given;
    for (let n = 0; n < 30; n += 1) {
      const [key, id] = [randomUUID(), await session(from)];
      const answers = await Promise.all([1, 2, 3].map(() => move(id, action, { key })));
      const done = answers.filter(({ status }) => status === 200);
      expect(new Set(done.map(({ text }) => text)).size).toBe(1);
      for (const { outcome } of answers) expect(['200', '409 idempotency-key-in-use']).toContain(outcome);
      const [history] = await historiesOfSessions(api.owner, [id]);
      expect(history?.events).toEqual([event]);
    }
  },
);

test('a key is 1 to 255 visible characters', async () => {
  const id = await session('scheduled');
  for (const key of ['', 'a b', 'a'.repeat(256)])
    expect((await move(id, 'start', { key })).outcome).toBe('400 validation-failed');
  expect((await move(id, 'start', { key: '~'.repeat(255) })).outcome).toBe('200');
});
