import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { people } from '../people.ts';
import { testApi, type PlainRow, type Precedence, type ServiceUnderTest } from './service.ts';

const mentor = people['its mentor'];
const stranger = people['a stranger with both roles'];
const text = { 'content-type': 'text/plain' };
const stale = { 'If-Match': '"77"' };
const unquoted = { 'If-Match': '1' };
export const large = 'x'.repeat(64 * 1024 + 1);

/** Each request fails two neighbouring checks. */
const ofTransitions = (service: string, action: string, [first, last]: readonly [PlainRow, PlainRow]): Precedence[] => {
  const [method, path] = ['PATCH' as const, (id: string) => `/${service}/${id}/${action}`];
  return [
    { earlier: '404 not-found', later: '405', method: 'DELETE', path: `/${service.slice(0, -1)}` },
    { earlier: '405 method-not-allowed', later: '401', method: 'DELETE', path: `/${service}/${first.id}` },
    { earlier: '405 method-not-allowed', later: '401', method: 'GET', path: path(first.id) },
    { earlier: '401 unauthenticated', later: '413', method, path: path(first.id), body: large },
    { earlier: '413 payload-too-large', later: '415', method, path: path('7'), as: mentor, body: large, headers: text },
    {
      earlier: '415 unsupported-media-type',
      later: '400',
      method,
      path: path('7'),
      as: mentor,
      body: '{',
      headers: text,
    },
    { earlier: '400 malformed-json', later: 'shape', method, path: path('7'), as: mentor, body: '{' },
    { earlier: '400 validation-failed', later: '404', method: 'GET', path: `/${service}/7`, as: mentor },
    { earlier: '400 validation-failed', later: '404', method, path: path(randomUUID()), as: mentor, body: { a: 1 } },
    {
      earlier: '400 validation-failed',
      later: '404',
      method,
      path: path(randomUUID()),
      as: mentor,
      headers: unquoted,
    },
    {
      earlier: '400 malformed-json',
      later: 'If-Match',
      method,
      path: path(first.id),
      as: mentor,
      body: '{',
      headers: unquoted,
    },
    { earlier: '404 not-found', later: '403', method, path: path(randomUUID()), as: stranger },
    { earlier: '403 forbidden', later: '412', method, path: path(first.id), as: stranger, headers: stale },
    { earlier: '403 forbidden', later: '409', method, path: path(last.id), as: stranger },
    { earlier: '412 precondition-failed', later: '409', method, path: path(last.id), as: mentor, headers: stale },
  ];
};

/** If a request fails several checks, the response names the first in the documented order. */
export const orderOfChecks = (given: ServiceUnderTest): void => {
  const { service, statuses, moves, plain, insert, order } = given;
  const action = Object.keys(moves)[0]!;

  describe(`order of checks of ${service}`, () => {
    const [first, last] = [plain(0), plain(1, { status: statuses.at(-1)! })];
    const api = testApi({ service });
    beforeAll(() => insert(api().app, [first, last]));

    const cases = [...ofTransitions(service, action, [first, last]), ...order.further(first.id)];
    test.each(cases)('$earlier comes before $later: $method $path', async ({ earlier, method, path, ...call }) => {
      expect((await api().request(method, path, call)).outcome).toBe(earlier);
    });

    test.each(order.allowed(first.id))('405 says what is allowed: %s %s: %s', async (method, path, allowed) => {
      const { outcome, headers } = await api().request(method, path, { as: mentor, body: {} });
      expect([outcome, headers.get('allow')]).toEqual(['405 method-not-allowed', allowed]);
    });

    const capitalised = service.charAt(0).toUpperCase() + service.slice(1);
    test.each([
      `/${service}/`,
      `/${capitalised}`,
      `//${service}`,
      `/${service}/%zz`,
      `/${service}/x/y`,
      `/${service}/x/${action}/`,
      ...order.nothingAt,
    ])('there is nothing at %s', async (path) => {
      expect((await api().request('GET', path, { as: mentor })).outcome).toBe('404 not-found');
    });

    test('HEAD answers as GET does, without a body', async () => {
      const got = await api().request('GET', `/${service}/${first.id}`, { as: mentor });
      const head = await api().request('HEAD', `/${service}/${first.id}`, { as: mentor });
      expect([head.status, head.text]).toEqual([200, '']);
      for (const name of ['etag', 'content-type', 'content-length'])
        expect(head.headers.get(name)).toBe(got.headers.get(name));
    });
  });
};
