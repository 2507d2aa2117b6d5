import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Answer, Call } from '@mentor-sessions/lab/api-client';
import { idempotency, said } from '@mentor-sessions/lab/every-service/idempotency';
import { people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { insertSessions, plainSession, type PlainSession } from './plain-sessions.ts';
import { sessions } from './the-service.ts';

idempotency(sessions);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'sessions', env: { COMPLETION_GRACE_SECONDS: '1' } });
});
afterAll(() => api.stop());

const { 'its mentor': mentor, 'its mentee': mentee } = people;
type Under = { readonly key: string; readonly as?: Call['as']; readonly headers?: Record<string, string> };
const move = (id: string, action: 'start' | 'complete', { key, as = mentor, headers = {} }: Under): Promise<Answer> =>
  api.request('PATCH', `/sessions/${id}/${action}`, { as, headers: { 'Idempotency-Key': key, ...headers } });

let hours = 0;
const session = async (status: PlainSession['status']): Promise<string> => {
  const made = plainSession(hours++, { status });
  await insertSessions(api.app, [made]);
  return made.id;
};

test('the first response is returned again after the session has changed', async () => {
  const [key, id] = [randomUUID(), await session('scheduled')];
  const started = await move(id, 'start', { key, as: mentee });
  expect((await move(id, 'complete', { key: randomUUID() })).outcome).toBe('200');
  expect(said(await move(id, 'start', { key, as: mentee }))).toEqual(said(started));
});

test('the first response needs no attention, although the session does now', async () => {
  const past = { start: new Date('2020-01-01T10:00:00Z'), end: new Date('2020-01-01T11:00:00Z') };
  const [key, made] = [randomUUID(), plainSession(0, past)];
  await insertSessions(api.app, [made]);
  const started = await move(made.id, 'start', { key });
  expect(started.body.attention).toBeNull();
  const attention = async () => (await api.request('GET', `/sessions/${made.id}`, { as: mentor })).body.attention;
  await eventually(async () => (await attention()) === 'completion-overdue', { describe: 'its grace has passed' });
  expect(said(await move(made.id, 'start', { key }))).toEqual(said(started));
});

test('a missing session may exist soon: 404 with Retry-After, also with a key', async () => {
  const missing = await move(randomUUID(), 'start', { key: randomUUID() });
  expect([missing.outcome, missing.headers.get('retry-after')]).toEqual(['404 not-found', '1']);
});
