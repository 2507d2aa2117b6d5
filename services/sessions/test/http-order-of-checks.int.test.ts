import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Call, Method } from '@mentor-sessions/lab/api-client';
import { people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { insertSessions, plainSession } from './plain-sessions.ts';

let api: TestApi;
const [scheduled, completed] = [plainSession(0), plainSession(1, { status: 'completed' })];

beforeAll(async () => {
  api = await startTestApi({ service: 'sessions' });
  await insertSessions(api.app, [scheduled, completed]);
});
afterAll(() => api.stop());

const mentor = people['its mentor'];
const stranger = people['a stranger with both roles'];
const text = { 'content-type': 'text/plain' };
const large = 'x'.repeat(64 * 1024 + 1);
const stale = { 'If-Match': '"77"' };
const start = (id: string) => `/sessions/${id}/start`;

type Case = { earlier: string; later: string; method: Method; path: string } & Pick<Call, 'as' | 'body' | 'headers'>;

// each breaks two checks that stand next to each other
const cases: Case[] = [
  { earlier: '404 not-found', later: '405', method: 'DELETE', path: '/session' },
  { earlier: '405 method-not-allowed', later: '401', method: 'DELETE', path: `/sessions/${scheduled.id}` },
  { earlier: '405 method-not-allowed', later: '401', method: 'GET', path: start(scheduled.id) },
  { earlier: '401 unauthenticated', later: '413', method: 'PATCH', path: start(scheduled.id), body: large },
  {
    earlier: '413 payload-too-large',
    later: '415',
    method: 'PATCH',
    path: start('7'),
    as: mentor,
    body: large,
    headers: text,
  },
  {
    earlier: '415 unsupported-media-type',
    later: '400',
    method: 'PATCH',
    path: start('7'),
    as: mentor,
    body: '{',
    headers: text,
  },
  { earlier: '400 malformed-json', later: 'shape', method: 'PATCH', path: start('7'), as: mentor, body: '{' },
  { earlier: '400 validation-failed', later: '404', method: 'GET', path: '/sessions/7', as: mentor },
  {
    earlier: '400 validation-failed',
    later: '404',
    method: 'PATCH',
    path: start(randomUUID()),
    as: mentor,
    body: { a: 1 },
  },
  { earlier: '404 not-found', later: '403', method: 'PATCH', path: start(randomUUID()), as: stranger },
  { earlier: '403 forbidden', later: '412', method: 'PATCH', path: start(scheduled.id), as: stranger, headers: stale },
  { earlier: '403 forbidden', later: '409', method: 'PATCH', path: start(completed.id), as: stranger },
  {
    earlier: '412 precondition-failed',
    later: '409',
    method: 'PATCH',
    path: start(completed.id),
    as: mentor,
    headers: stale,
  },
];

test.each(cases)('$earlier comes before $later: $method $path', async ({ earlier, method, path, ...call }) => {
  expect((await api.request(method, path, call)).outcome).toBe(earlier);
});

test('there is no way to make, change or delete a session: 405 says what is allowed', async () => {
  const allowed = async (method: Method, path: string) => {
    const { outcome, headers } = await api.request(method, path, { as: mentor, body: {} });
    return [outcome, headers.get('allow')];
  };
  const refused = '405 method-not-allowed';
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    expect(await allowed(method, '/sessions')).toEqual([refused, 'GET, HEAD']);
    expect(await allowed(method, `/sessions/${scheduled.id}`)).toEqual([refused, 'GET, HEAD']);
  }
  for (const action of ['start', 'complete'])
    expect(await allowed('POST', `/sessions/${scheduled.id}/${action}`)).toEqual([refused, 'PATCH']);
});

test.each([
  '/sessions/',
  '/Sessions',
  '//sessions',
  '/sessions/%zz',
  '/sessions/x/cancel',
  '/sessions/x/start/',
  '/bookings',
])('there is nothing at %s', async (path) => {
  expect((await api.request('GET', path, { as: mentor })).outcome).toBe('404 not-found');
});

test('HEAD answers as GET does, without a body', async () => {
  const [got, head] = [
    await api.request('GET', `/sessions/${scheduled.id}`, { as: mentor }),
    await api.request('HEAD', `/sessions/${scheduled.id}`, { as: mentor }),
  ];
  expect([head.status, head.text]).toEqual([200, '']);
  for (const name of ['etag', 'content-type', 'content-length'])
    expect(head.headers.get(name)).toBe(got.headers.get(name));
});
