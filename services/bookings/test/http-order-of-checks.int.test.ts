import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Call, Method } from '@mentor-sessions/lab/api-client';
import { people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { inHour, insertBookings, plainBooking } from './plain-bookings.ts';

let api: TestApi;
const [draft, declined] = [plainBooking(0), plainBooking(1, { status: 'declined' })];

beforeAll(async () => {
  api = await startTestApi({ service: 'bookings' });
  await insertBookings(api.app, [draft, declined]);
});
afterAll(() => api.stop());

const mentor = people['its mentor'];
const stranger = people['a stranger with both roles'];
const text = { 'content-type': 'text/plain' };
const large = 'x'.repeat(64 * 1024 + 1);
const stale = { 'If-Match': '"77"' };
const accept = (id: string) => `/bookings/${id}/accept`;
const request = { listingId: randomUUID(), mentorProfileId: people['its mentor'].mentorProfileId, ...inHour(9) };

type Case = { earlier: string; later: string; method: Method; path: string } & Pick<Call, 'as' | 'body' | 'headers'>;

// each breaks two checks that stand next to each other
const cases: Case[] = [
  { earlier: '404 not-found', later: '405', method: 'DELETE', path: '/boookings' },
  { earlier: '405 method-not-allowed', later: '401', method: 'DELETE', path: '/bookings' },
  { earlier: '405 method-not-allowed', later: '401', method: 'PATCH', path: `/bookings/${draft.id}` },
  { earlier: '405 method-not-allowed', later: '401', method: 'GET', path: accept(draft.id) },
  { earlier: '401 unauthenticated', later: '413', method: 'POST', path: '/bookings', body: large },
  {
    earlier: '413 payload-too-large',
    later: '415',
    method: 'POST',
    path: '/bookings',
    as: mentor,
    body: large,
    headers: text,
  },
  {
    earlier: '415 unsupported-media-type',
    later: '400',
    method: 'POST',
    path: '/bookings',
    as: mentor,
    body: '{',
    headers: text,
  },
  {
    earlier: '415 unsupported-media-type',
    later: '400',
    method: 'PATCH',
    path: accept('7'),
    as: mentor,
    body: '{}',
    headers: text,
  },
  { earlier: '400 malformed-json', later: 'shape', method: 'POST', path: '/bookings?a=b', as: mentor, body: '{' },
  { earlier: '400 validation-failed', later: '404', method: 'GET', path: '/bookings/7', as: mentor },
  {
    earlier: '400 validation-failed',
    later: '404',
    method: 'PATCH',
    path: accept(randomUUID()),
    as: mentor,
    body: { a: 1 },
  },
  { earlier: '400 validation-failed', later: '403', method: 'POST', path: '/bookings', as: mentor, body: request },
  {
    earlier: '400 validation-failed',
    later: '403',
    method: 'POST',
    path: '/bookings',
    as: people['another mentor'],
    body: {},
  },
  { earlier: '404 not-found', later: '403', method: 'PATCH', path: accept(randomUUID()), as: stranger },
  { earlier: '403 forbidden', later: '412', method: 'PATCH', path: accept(draft.id), as: stranger, headers: stale },
  { earlier: '403 forbidden', later: '409', method: 'PATCH', path: accept(declined.id), as: stranger },
  {
    earlier: '412 precondition-failed',
    later: '409',
    method: 'PATCH',
    path: accept(declined.id),
    as: mentor,
    headers: stale,
  },
];

test.each(cases)('$earlier comes before $later: $method $path', async ({ earlier, method, path, ...call }) => {
  expect((await api.request(method, path, call)).outcome).toBe(earlier);
});

test('405 says what is allowed', async () => {
  const allowed = async (path: string) => (await api.request('DELETE', path)).headers.get('allow');
  expect(await allowed('/bookings')).toBe('GET, HEAD, POST');
  expect(await allowed(`/bookings/${draft.id}`)).toBe('GET, HEAD');
  for (const action of ['accept', 'decline', 'cancel'])
    expect(await allowed(`/bookings/${draft.id}/${action}`)).toBe('PATCH');
});

test.each([
  '/bookings/',
  '/Bookings',
  '//bookings',
  '/bookings/%zz',
  '/bookings/x/y',
  '/bookings/x/accept/',
  '/sessions',
])('there is nothing at %s', async (path) => {
  expect((await api.request('GET', path, { as: mentor })).outcome).toBe('404 not-found');
});

test('HEAD answers as GET does, without a body', async () => {
  const [got, head] = [
    await api.request('GET', `/bookings/${draft.id}`, { as: mentor }),
    await api.request('HEAD', `/bookings/${draft.id}`, { as: mentor }),
  ];
  expect([head.status, head.text]).toEqual([200, '']);
  for (const name of ['etag', 'content-type', 'content-length'])
    expect(head.headers.get(name)).toBe(got.headers.get(name));
});
